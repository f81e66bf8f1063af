// Knows mutt sending over SMTP without its screen. It is given a text without a header and writes its own.

import { latin1, type Mail, unixLines } from "./mail.ts";
import type { MailClient } from "./mailclient.ts";
import { program } from "./missing.ts";
import { run } from "./process.ts";

export const muttSmtp: MailClient = {
  name: "mutt",
  needs: [program("mutt")],
  send: (scratch, port, mail) => {
    const conf = scratch.file("muttrc", configuration(port, mail));
    const { subject, text } = parts(mail);
    const argv = ["mutt", "-n", "-F", conf, "-s", subject, "--", ...mail.recipients];
    return run(scratch, argv, { input: unixLines(text) });
  },
  given: (sent, mail) => {
    const { header, subject } = parts(mail);
    const own = new RegExp(
      [
        "^Date: .*",
        `From: ${mail.sender}`,
        `To: ${mail.recipients.join(", ")}`,
        `Subject: ${subject}`,
        "Message-ID: <\\S+@client\\.test>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=iso-8859-1",
        "Content-Disposition: inline",
        "Content-Transfer-Encoding: 8bit",
        "\n",
      ].join("\n"),
    );
    const text = sent.toString("latin1");
    const [found] = own.exec(text) ?? [];
    if (found === undefined) throw new Error(`not mutt's header: ${JSON.stringify(text.slice(0, 500))}`);
    return Buffer.concat([unixLines(header), latin1(text.slice(found.length))]);
  },
};

function parts({ octets }: Mail): { header: Buffer; subject: string; text: Buffer } {
  const end = octets.indexOf("\r\n\r\n") + 4;
  const header = octets.subarray(0, end);
  const subject = /^Subject: (.*)\r$/m.exec(header.toString("latin1"))?.[1] ?? "";
  return { header, subject, text: octets.subarray(end) };
}

function configuration(port: number, mail: Mail): string {
  return `
set smtp_url = "smtp://127.0.0.1:${port}/"
set ssl_starttls = no
set ssl_force_tls = no
set from = "${mail.sender}"
set realname = ""
set hostname = "client.test"
set use_domain = no
set use_8bitmime = yes
set charset = "iso-8859-1"
set send_charset = "iso-8859-1"
set user_agent = no
set copy = no
`;
}
