// Knows how an IMAP client talks: tagged commands, answers that end with their tag.

import { program } from "./missing.ts";
import type { PopClient } from "./popclient.ts";
import { run } from "./process.ts";

/** Everything up to the tagged answer, literals included. */
export function answerTo(tag: string): RegExp {
  return new RegExp(`^(?:[^\\n]*\\n)*?${tag} [^\\r\\n]*\\r\\n`);
}

/** Dovecot says how long it took. */
export function timeless(text: string): string {
  return text.replaceAll(/ \([\d.]+ \+ [\d.]+(?: \+ [\d.]+)? secs\)/g, "");
}

// An answer is printed as Python sees it.
const script = `
import imaplib, sys
server = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]), timeout=15)
server.login("kituser", "kitpass")
print(server.select("INBOX", readonly=True))
print(server.search(None, "ALL"))
for number in range(1, int(sys.argv[2]) + 1):
    print(server.fetch(str(number), "(UID RFC822.SIZE BODY.PEEK[])"))
server.logout()
`;

export const imaplib: PopClient = {
  name: "imaplib",
  needs: [program("python3")],
  fetch: async (scratch, port, count) => {
    const argv = ["python3", "-I", "-c", script, `${port}`, `${count}`];
    const { code, stdout, stderr } = await run(scratch, argv);
    if (code !== 0) throw new Error(`imaplib exits ${code}: ${stderr}`);
    return stdout.toString("latin1").split("\n");
  },
};

export const curlImap: PopClient = {
  name: "curl",
  needs: [program("curl")],
  fetch: async (scratch, port, count) => {
    const got: string[] = [];
    for (let number = 1; number <= count; number++) {
      const url = `imap://127.0.0.1:${port}/INBOX;MAILINDEX=${number}`;
      const argv = ["curl", "--silent", "--show-error", "--max-time", "15", "--user", "kituser:kitpass", url];
      const { code, stdout, stderr } = await run(scratch, argv);
      if (code !== 0) throw new Error(`curl exits ${code}: ${stderr}`);
      got.push(stdout.toString("latin1"));
    }
    return got;
  },
};
