// Knows the one mailbox the machine has for the tests: mbox format, /var/mail/kituser. What was there before
// comes back afterwards.

import { chmodSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { latin1, type Mail, unixLines } from "./mail.ts";

const path = "/var/mail/kituser";

export class Mailbox implements AsyncDisposable {
  readonly #before: Buffer | undefined;
  readonly #lock: Server;

  private constructor(lock: Server) {
    this.#lock = lock;
    this.#before = contents();
  }

  /** Waits for its turn: there is one mailbox, and perhaps a second run of the tests on this machine. */
  static async with(mails: readonly Mail[]): Promise<Mailbox> {
    const mailbox = new Mailbox(await lock());
    mailbox.fill(mails);
    return mailbox;
  }

  fill(mails: readonly Mail[]): void {
    write(mbox(mails));
  }

  octets(): string {
    return contents()?.toString("latin1") ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#before) write(this.#before);
    else rmSync(path, { force: true });
    this.#lock.close();
  }
}

/** How these mails look in the mailbox. */
export function mbox(mails: readonly Mail[]): Buffer {
  const separator = Buffer.from("From alice@client.test Fri Nov 20 15:00:00 2026\n");
  const blank = Buffer.from("\n");
  return Buffer.concat(mails.flatMap((mail) => [separator, unixLines(mail.octets), blank]));
}

/** What delivery to an mbox does to a mail: a line that looks like a separator gets a ">". It stays there. */
export function delivered(mail: Mail): Mail {
  return { ...mail, octets: latin1(mail.octets.toString("latin1").replaceAll(/^From /gm, ">From ")) };
}

function contents(): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function write(octets: Buffer): void {
  writeFileSync(path, octets);
  chmodSync(path, 0o660);
  // Popa3d waits for a second to pass when a mailbox has just been changed.
  utimesSync(path, new Date(0), new Date(Date.now() - 60_000));
  Bun.spawnSync(["chown", "kituser:mail", path]);
}

/** A port is a lock that the kernel opens again even when its holder dies. */
async function lock(port = 20_110, ms = 20_000): Promise<Server> {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await new Promise<Server>((resolve, reject) => {
        const server = createServer();
        server.once("error", reject).listen({ port, host: "127.0.0.1" }, () => resolve(server));
      });
    } catch (error) {
      if (Date.now() > end) throw new Error(`another test run holds ${path}`, { cause: error });
      await Bun.sleep(100);
    }
  }
}
