// Clients that people have, over TLS as they ask for it, or from the first octet on, verifying the certificate where
// they can: each sends or fetches a mail, and the server has, or had, every octet of it.

import { describe, expect } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { type Made, makeCertificate } from "../certificate.ts";
import { until } from "./parts/deadline.ts";
import { part, program } from "./parts/missing.ts";
import { ending, type Outcome, run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { serverOf, TlsFront, tlsNeeds } from "./parts/tlsfront.ts";

const TEXT = ["From: a@c.test", "To: u@kit.test", "Subject: x", "", "hello", ".", "..", "bye"];
const MAIL = `${TEXT.join("\r\n")}\r\n`;

/** A listener by name and address, whose certificate an authority of the tests signed. */
async function stand(
  scratch: Scratch,
  protocol: "smtp" | "pop3",
  mode: string,
  options: readonly string[] = [],
) {
  const directory = scratch.directory("certificates");
  const authority = makeCertificate(directory, "authority", { common: "Tests", isAuthority: true });
  const names = "DNS:localhost,IP:127.0.0.1";
  const made = makeCertificate(directory, "mx", { common: "localhost", names, issuer: authority });
  const front = await TlsFront.stand("--listen", scratch, {
    ...{ protocol, mode, options, certificates: ["--tls-cert", made.certificate, "--tls-key", made.key] },
    server: protocol === "smtp" ? serverOf(scratch, "smtp") : mailbox(scratch),
  });
  return { front, port: front.standing!.port, authority };
}

/** One mail. */
function mailbox(scratch: Scratch): string[] {
  const file = scratch.file(
    "mail",
    `${TEXT.map((line) => (line.startsWith(".") ? `.${line}` : line)).join("\r\n")}\r\n`,
  );
  const script = `
say() { printf '%s\\r\\n' "$1"; }
say '+OK x'
while IFS= read -r line; do line=\${line%?}; printf '%s\\n' "$line" >>"$0/heard"; case $line in
CAPA) say '+OK'; say USER; say UIDL; say TOP; say .;;
STAT) say '+OK 1 ${MAIL.length}';;
LIST) say '+OK'; say '1 ${MAIL.length}'; say .;;
'LIST 1') say '+OK 1 ${MAIL.length}';;
UIDL) say '+OK'; say '1 one'; say .;;
'UIDL 1') say '+OK 1 one';;
'RETR 1'|'TOP 1 '*) say '+OK'; cat ${file}; say .;;
QUIT) say '+OK bye'; exit;;
*) say '+OK';;
esac; done`;
  return ["/bin/sh", "-c", script, scratch.path];
}

interface Server {
  readonly port: number;
  readonly authority: Made;
  /** From the first octet on. */
  readonly isImplicit: boolean;
}

interface Sender {
  readonly name: string;
  readonly program: string;
  send(scratch: Scratch, server: Server): Promise<Outcome>;
}

const SENDERS: readonly Sender[] = [
  {
    name: "Python's smtplib",
    program: "python3",
    send: (scratch, { port, authority, isImplicit }) => {
      const script = `
import smtplib, ssl, sys
port, authority, implicit = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "true"
context = ssl.create_default_context(cafile=authority)
if implicit: server = smtplib.SMTP_SSL("localhost", port, "c.test", timeout=15, context=context)
else:
    server = smtplib.SMTP("localhost", port, "c.test", timeout=15)
    server.starttls(context=context)
server.login("u", "secret")
server.sendmail("a@c.test", ["u@kit.test"], sys.stdin.buffer.read())
server.quit()
`;
      const argv = ["python3", "-I", "-c", script, `${port}`, authority.certificate, `${isImplicit}`];
      return run(scratch, argv, { input: Buffer.from(MAIL) });
    },
  },
  {
    name: "curl",
    program: "curl",
    send: (scratch, { port, authority, isImplicit }) => {
      const url = `${isImplicit ? "smtps" : "smtp"}://localhost:${port}/c.test`;
      const tls = ["--ssl-reqd", "--cacert", authority.certificate];
      const envelope = [
        "--mail-from",
        "a@c.test",
        "--mail-rcpt",
        "u@kit.test",
        "--user",
        "u:secret",
        "--sasl-ir",
      ];
      const file = scratch.file("mail.eml", MAIL);
      return run(scratch, ["curl", "-sS", "-m", "15", "--url", url, ...tls, ...envelope, "-T", file]);
    },
  },
  {
    name: "swaks",
    program: "swaks",
    send: (scratch, { port, authority, isImplicit }) => {
      const server = ["--server", "localhost", "--port", `${port}`, "--ehlo", "c.test", "--timeout", "15"];
      const tls = [
        isImplicit ? "--tls-on-connect" : "--tls",
        "--tls-verify",
        "--tls-ca-path",
        authority.certificate,
      ];
      const auth = ["--auth", "PLAIN", "--auth-user", "u", "--auth-password", "secret"];
      // It ends what it is given with a CRLF.
      const stuffed = `${MAIL.replace(/^\./gm, "..")}.`;
      const data = ["--data", `@${scratch.file("mail.eml", stuffed)}`, "--no-data-fixup"];
      const envelope = ["--from", "a@c.test", "--to", "u@kit.test"];
      return run(scratch, ["swaks", ...server, ...tls, ...auth, ...envelope, ...data]);
    },
  },
  {
    name: "msmtp",
    program: "msmtp",
    send: (scratch, { port, authority, isImplicit }) => {
      const server = ["--host=localhost", `--port=${port}`, "--timeout=15", "--domain=c.test"];
      const tls = [
        "--tls=on",
        `--tls-starttls=${isImplicit ? "off" : "on"}`,
        `--tls-trust-file=${authority.certificate}`,
      ];
      const auth = ["--auth=plain", "--user=u", "--passwordeval=echo secret"];
      return run(scratch, ["msmtp", ...server, ...tls, ...auth, "-f", "a@c.test", "u@kit.test"], {
        input: Buffer.from(MAIL),
      });
    },
  },
  {
    name: "openssl s_client",
    program: "openssl",
    send: (scratch, { port, authority, isImplicit }) => {
      // It waits for no answer: what it says comes while the server starts, too.
      const words = [
        "EHLO c.test",
        "AUTH PLAIN AHUAc2VjcmV0",
        "MAIL FROM:<a@c.test>",
        "RCPT TO:<u@kit.test>",
        "DATA",
      ];
      const said = `${words.join("\r\n")}\r\n${MAIL.replace(/^\./gm, "..")}.\r\nQUIT\r\n`;
      const tls = ["-CAfile", authority.certificate, "-verify_return_error", "-verify_hostname", "localhost"];
      const start = isImplicit ? [] : ["-starttls", "smtp"];
      const argv = ["openssl", "s_client", "-quiet", "-connect", `localhost:${port}`, ...tls, ...start];
      return run(scratch, argv, { input: Buffer.from(said) });
    },
  },
];

const FETCHERS: readonly {
  readonly name: string;
  readonly program: string;
  fetch(scratch: Scratch, server: Server): Promise<{ readonly outcome: Outcome; readonly got: string }>;
}[] = [
  {
    name: "Python's poplib",
    program: "python3",
    async fetch(scratch, { port, authority, isImplicit }) {
      const script = `
import poplib, ssl, sys
port, authority, implicit = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "true"
context = ssl.create_default_context(cafile=authority)
if implicit: server = poplib.POP3_SSL("localhost", port, timeout=15, context=context)
else:
    server = poplib.POP3("localhost", port, timeout=15)
    server.stls(context)
server.user("u")
server.pass_("secret")
sys.stdout.buffer.write(b"\\n".join(server.retr(1)[1]))
server.quit()
`;
      const argv = ["python3", "-I", "-c", script, `${port}`, authority.certificate, `${isImplicit}`];
      const outcome = await run(scratch, argv);
      return { outcome, got: outcome.stdout.toString() };
    },
  },
  {
    name: "curl",
    program: "curl",
    async fetch(scratch, { port, authority, isImplicit }) {
      const url = `${isImplicit ? "pop3s" : "pop3"}://localhost:${port}/1`;
      const tls = ["--ssl-reqd", "--cacert", authority.certificate, "--user", "u:secret"];
      const outcome = await run(scratch, ["curl", "-sS", "-m", "15", "--url", url, ...tls]);
      return { outcome, got: outcome.stdout.toString() };
    },
  },
  {
    name: "mpop",
    program: "mpop",
    async fetch(scratch, { port, authority, isImplicit }) {
      for (const folder of ["new", "cur", "tmp"]) scratch.directory(`mpop/${folder}`);
      const server = [
        "--host=localhost",
        `--port=${port}`,
        "--timeout=15",
        "--keep=on",
        "--received-header=off",
      ];
      const tls = [
        "--tls=on",
        `--tls-starttls=${isImplicit ? "off" : "on"}`,
        `--tls-trust-file=${authority.certificate}`,
      ];
      const login = ["--user=u", "--passwordeval=echo secret", "--auth=user"];
      const delivery = [`--delivery=maildir,${scratch.path}/mpop`, `--uidls-file=${scratch.path}/uidls`];
      const outcome = await run(scratch, ["mpop", "--quiet", ...server, ...tls, ...login, ...delivery]);
      const files = readdirSync(`${scratch.path}/mpop/new`);
      return {
        outcome,
        got: files.map((file) => readFileSync(`${scratch.path}/mpop/new/${file}`, "latin1")).join(),
      };
    },
  },
  {
    name: "fetchmail",
    program: "fetchmail",
    async fetch(scratch, { port, authority, isImplicit }) {
      const file = `${scratch.path}/fetched`;
      const mda = scratch.file("mda", `cat >>${file}\n`);
      const tls = `${isImplicit ? "ssl" : 'sslproto "TLS1.2+"'} sslcertck sslcertfile "${authority.certificate}"`;
      const rc = scratch.file(
        "fetchmailrc",
        `set invisible\npoll localhost service ${port} protocol pop3 user u password secret ${tls} keep fetchall mda "/bin/sh ${mda}"\n`,
      );
      chmodSync(rc, 0o600);
      const paths = ["--pidfile", `${scratch.path}/pid`, "--idfile", `${scratch.path}/ids`];
      const argv = ["fetchmail", "-f", rc, ...paths, "--nosyslog", "--silent", "--timeout", "15"];
      const outcome = await run(scratch, argv, { env: { FETCHMAILHOME: scratch.path } });
      return { outcome, got: existsSync(file) ? readFileSync(file, "latin1") : "" };
    },
  },
];

/** The log comes a little later than what it tells. */
async function told(front: TlsFront, what: RegExp): Promise<void> {
  await until(`${what} in the log`, () => (what.test(front.standing!.log) ? true : undefined));
}

for (const mode of ["required", "implicit"] as const) {
  const isImplicit = mode === "implicit";
  describe(isImplicit ? "From the first octet on" : "Asked for", () => {
    for (const sender of SENDERS)
      part(
        `TLS is spoken by ${sender.name}, which sends a mail`,
        [...tlsNeeds, program(sender.program)],
        async () => {
          await using scratch = new Scratch();
          const { front, port, authority } = await stand(scratch, "smtp", mode, ["--auth", "pass"]);
          await using _ = front;
          expect(ending(await sender.send(scratch, { port, authority, isImplicit }))).toEndWith("exit 0");
          const stuffed = TEXT.map((line) => (line.startsWith(".") ? `.${line}` : line));
          const got = readFileSync(`${scratch.path}/message`, "latin1").split("\n").slice(0, -1);
          expect(got.filter((line) => !/^(?:Received|Message-I[Dd]|Date|X-Mailer): /.test(line))).toEqual(
            stuffed,
          );
          expect(front.heard.some((line) => line.startsWith("AUTH PLAIN"))).toBe(true);
          await told(front, /event=message .* tls=TLSv1\.3 from=a@c\.test/);
        },
      );

    for (const fetcher of FETCHERS)
      part(
        `TLS is spoken by ${fetcher.name}, which fetches a mail`,
        [...tlsNeeds, program(fetcher.program)],
        async () => {
          await using scratch = new Scratch();
          const { front, port, authority } = await stand(scratch, "pop3", mode);
          await using _ = front;
          const { outcome, got } = await fetcher.fetch(scratch, { port, authority, isImplicit });
          expect(ending(outcome)).toEndWith("exit 0");
          expect(got.replaceAll("\r", "").trimEnd()).toBe(TEXT.join("\n"));
          await told(front, /event=login method=PASS attempt=1 tls=TLSv1\.3 user=u\n/);
        },
      );
  });
}

describe("A client that renegotiates", () => {
  part("is refused", tlsNeeds, async () => {
    await using scratch = new Scratch();
    const { front, port } = await stand(scratch, "smtp", "implicit");
    await using _ = front;
    // "R" at the start of a line asks for it.
    const script = `(sleep 1; echo R; sleep 1; printf 'NOOP\\r\\n'; sleep 1) | openssl s_client -tls1_2 -connect localhost:${port}`;
    const { stdout, stderr } = await run(scratch, ["sh", "-c", script]);
    expect(stderr).toContain("RENEGOTIATING");
    expect(stderr).toMatch(/no renegotiation|unexpected|alert|error/i);
    expect(stdout.toString()).not.toContain("250 ");
    expect(front.standing!.workers).toHaveLength(1);
  });
});
