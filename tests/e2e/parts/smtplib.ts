// Knows Python's smtplib: verbs in lower case, the whole text and its terminator in one write.

import type { MailClient } from "./mailclient.ts";
import { program } from "./missing.ts";
import { run } from "./process.ts";

const script = `
import smtplib, sys
port, sender, *recipients = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", int(port), "client.test", timeout=15) as server:
    refused = server.sendmail(sender, recipients, sys.stdin.buffer.read(), mail_options=["BODY=8BITMIME"])
sys.exit(1 if refused else 0)
`;

export const smtplib: MailClient = {
  name: "smtplib",
  needs: [program("python3")],
  send: (scratch, port, mail) => {
    const argv = ["python3", "-I", "-c", script, `${port}`, mail.sender, ...mail.recipients];
    return run(scratch, argv, { input: mail.octets });
  },
};
