// Knows msmtp: pipelines RCPT and DATA.

import type { MailClient } from "./mailclient.ts";
import { program } from "./missing.ts";
import { run } from "./process.ts";

export const msmtp: MailClient = {
  name: "msmtp",
  needs: [program("msmtp")],
  send: (scratch, port, mail) => {
    const server = ["--host=127.0.0.1", `--port=${port}`, "--tls=off", "--auth=off", "--timeout=15"];
    const envelope = ["--domain=client.test", "-f", mail.sender, ...mail.recipients];
    return run(scratch, ["msmtp", ...server, ...envelope], { input: mail.octets });
  },
};
