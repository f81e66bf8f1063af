// Knows nodemailer: pipelines MAIL, RCPT and DATA, and hangs up without QUIT.

import type { MailClient } from "./mailclient.ts";
import { program } from "./missing.ts";
import { run } from "./process.ts";

const script = `
const [library, port, from, ...to] = process.argv.slice(1);
const transport = require(library).createTransport({
  host: "127.0.0.1", port: Number(port), name: "client.test", ignoreTLS: true, socketTimeout: 15000,
});
transport.sendMail({ envelope: { from, to }, raw: require("node:fs").readFileSync(0) }).then(
  ({ rejected }) => { process.exitCode = rejected.length; },
  (error) => { console.error(error.message); process.exitCode = 1; },
).finally(() => transport.close());
`;

export const nodemailer: MailClient = {
  name: "nodemailer",
  needs: [program("node")],
  send: (scratch, port, mail) => {
    const library = Bun.resolveSync("nodemailer", import.meta.dir);
    const argv = ["node", "-e", script, library, `${port}`, mail.sender, ...mail.recipients];
    return run(scratch, argv, { input: mail.octets });
  },
};
