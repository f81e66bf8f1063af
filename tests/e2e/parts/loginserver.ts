// Knows servers of this process that take one password, POP3's and SMTP's, and how often each was asked about one.

import { createServer, type Server, type Socket } from "node:net";
import { freePort } from "./port.ts";

/** What they take; everything else is wrong. */
export const RIGHT = "right";

export interface LoginServer extends AsyncDisposable {
  readonly port: number;
  /** The passwords it was told, in order. */
  readonly told: readonly string[];
  /** It answers none of them from now on. */
  isSilent: boolean;
}

/** A line's answer; null for none. */
type Answer = (line: string, told: (password: string) => boolean) => string | null;

export function popServer(): Promise<LoginServer> {
  return serve("+OK hi <1.2@pop.test>", (line, told) => {
    const [verb, ...rest] = line.split(" ");
    if (verb === "PASS") return told(rest.join(" ")) ? "+OK in" : "-ERR no";
    if (verb === "APOP") return told(rest[1] ?? "") ? "+OK in" : "-ERR no";
    return verb === "QUIT" ? null : "+OK";
  });
}

export function mailServer(): Promise<LoginServer> {
  return serve("220 hi", (line, told) => {
    const [verb, , initial] = line.split(" ");
    // Nothing else that a client of the tests says looks like it.
    const data = /^[A-Za-z0-9+/=]{20,}$/.test(line) ? line : initial;
    if (verb === "EHLO") return "250-mx.test\r\n250 AUTH PLAIN LOGIN CRAM-MD5";
    if (line === "*") return "501 5.7.0 stopped";
    if (verb === "AUTH" && data === undefined) return "334 ";
    if (verb !== "AUTH" && data !== line) return verb === "QUIT" ? null : "250 2.0.0 ok";
    const [, , password = ""] = Buffer.from(data ?? "", "base64")
      .toString("latin1")
      .split("\0");
    return told(password) ? "235 2.7.0 in" : "535 5.7.8 no";
  });
}

async function serve(greeting: string, answer: Answer): Promise<LoginServer> {
  const port = await freePort();
  const told: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.write(`${greeting}\r\n`);
    let rest = "";
    socket.on("data", (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) {
        let wasLogin = false;
        const said = answer(line, (password) => {
          wasLogin = true;
          told.push(password);
          return password === RIGHT;
        });
        if (said === null) socket.end();
        else if (!(wasLogin && made.isSilent)) socket.write(`${said}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const made = {
    ...{ port, told, isSilent: false },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return made;
}
