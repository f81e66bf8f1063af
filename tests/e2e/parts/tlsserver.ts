// Knows a server that speaks TLS, from the first octet or when it is asked, and does wrong what it is told to. It notes
// what it heard in the clear and inside.

import { readFileSync } from "node:fs";
import type { Identity } from "./authority.ts";

export interface TlsServerPlan {
  readonly identity: Identity;
  /** What is answered to a line in the clear, and to the connection (null). None: TLS from the first octet on. */
  readonly clear?: (line: string | null) => string;
  /** TLS follows the answer to this line. */
  readonly upgrade?: RegExp;
  /** What is answered inside to a line, and to the connection where TLS is spoken from the first octet on (""). */
  readonly inside: () => (line: string) => string;
  /** Octets a write, in the clear. */
  readonly pieces?: number;
  /** Said in the clear a moment after TLS was agreed to. */
  readonly late?: string;
}

type Secured = readonly [raw: Bun.Socket, tls: Bun.Socket];

export class TlsServer implements Disposable {
  readonly #listener: Bun.TCPSocketListener;
  readonly #plan: TlsServerPlan;
  clear = "";
  inside = "";
  /** How connections ended: in order, or not. */
  readonly ends: string[] = [];
  /** Connections. */
  opened = 0;
  closed = 0;

  constructor(plan: TlsServerPlan) {
    this.#plan = plan;
    const hearing = new Map<unknown, string>();
    this.#listener = Bun.listen({
      ...{ hostname: "127.0.0.1", port: 0, allowHalfOpen: false },
      socket: {
        open: (socket) => {
          this.opened++;
          socket.setNoDelay(true);
          hearing.set(socket, "");
          if (plan.clear === undefined) this.#upgrade(socket, hearing);
          else void this.#say(socket, plan.clear(null));
        },
        data: (socket, octets) => {
          const heard = hearing.get(socket);
          const text = octets.toString("latin1");
          if (heard !== undefined || plan.late !== undefined) this.clear += text;
          if (heard === undefined) return; // it is TLS
          void this.#lines(socket, heard + text, hearing);
        },
        error: (_, error) => void this.ends.push(`${error}`),
        close: () => void this.closed++,
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  async #lines(socket: Bun.Socket<unknown>, text: string, hearing: Map<unknown, string>): Promise<void> {
    const lines = text.split("\r\n");
    hearing.set(socket, lines.pop()!);
    for (const line of lines) {
      const answer = this.#plan.clear!(line);
      if (this.#plan.upgrade?.test(line) !== true) {
        await this.#say(socket, answer);
        continue;
      }
      if (this.#plan.late !== undefined) {
        hearing.delete(socket);
        await this.#say(socket, answer);
        await Bun.sleep(30);
        return void socket.write(this.#plan.late);
      }
      // The last octet and the change are one: what comes next is the handshake.
      await this.#say(socket, answer.slice(0, -1));
      socket.write(answer.slice(-1));
      this.#upgrade(socket, hearing);
    }
  }

  async #say(socket: Bun.Socket<unknown>, text: string): Promise<void> {
    const { pieces = text.length } = this.#plan;
    for (let at = 0; at < text.length; at += pieces) {
      if (at > 0) await Bun.sleep(1);
      socket.write(text.slice(at, at + pieces));
    }
  }

  #upgrade(socket: Bun.Socket<unknown>, hearing: Map<unknown, string>): void {
    hearing.delete(socket);
    const { identity } = this.#plan;
    const inside = this.#plan.inside();
    const [cert, key] = [readFileSync(identity.certificate, "latin1"), readFileSync(identity.key, "latin1")];
    let rest = "";
    socket.upgradeTLS({
      isServer: true,
      tls: { cert, key },
      socket: {
        handshake: (secured: Bun.Socket, isDone: boolean) => {
          if (isDone && this.#plan.clear === undefined) secured.write(inside(""));
        },
        data: (secured: Bun.Socket, octets: Buffer) => {
          this.inside += octets.toString("latin1");
          rest += octets.toString("latin1");
          const lines = rest.split("\r\n");
          rest = lines.pop()!;
          for (const line of lines) secured.write(inside(line));
        },
        end: () => void this.ends.push("end"),
        error: (_: Bun.Socket, error: Error) => void this.ends.push(`${error}`),
        close: (_: Bun.Socket, error?: Error) =>
          void this.ends.push(error === undefined ? "closed" : `${error}`),
      },
    } as never) as unknown as Secured;
  }
}

/** SMTP that takes everything. @param extensions of its EHLO, in the clear */
export function smtpServer(extensions: readonly string[] = ["STARTTLS"], answer = "220 2.0.0 go") {
  const answers = (line: string | null, offered: readonly string[]): string => {
    if (line === null || line === "") return "220-mx.test here\r\n220 ESMTP\r\n";
    if (/^EHLO/.test(line)) {
      const all = ["mx.test", ...offered];
      return all.map((text, at) => `250${at === all.length - 1 ? " " : "-"}${text}\r\n`).join("");
    }
    if (line === "STARTTLS") return `${answer}\r\n`;
    if (line === "DATA") return "354 go\r\n";
    if (line === "QUIT") return "221 bye\r\n";
    return "250 2.0.0 fine\r\n";
  };
  return {
    clear: (line: string | null) => answers(line, extensions),
    upgrade: /^STARTTLS$/,
    inside: () => {
      let isText = false;
      return (line: string) => {
        if (isText && line !== ".") return "";
        isText = line === "DATA";
        return answers(line, ["SIZE 1000"]);
      };
    },
  };
}

/** POP3 of anybody. */
export function pop3Server(answer = "+OK go") {
  const answers = (line: string | null): string => {
    if (line === null || line === "") return "+OK ready <1.2@mx.test>\r\n";
    return line === "STLS" ? `${answer}\r\n` : "+OK\r\n";
  };
  return { clear: answers, upgrade: /^STLS$/, inside: () => answers };
}
