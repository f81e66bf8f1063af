// The demo's client: one connection, octets out, whole replies in. Knows how an SMTP and a POP3 reply end;
// knows nothing of what is sent or why. It may come to speak TLS, and then believes one certificate alone.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decode, encode } from "../wire/latin1.ts";
import { LOOPBACK } from "./listener.ts";

/** A reply that takes longer will not come (milliseconds). */
const PATIENCE = 15_000;

/** How a reply ends: a line "250 …" or "+OK …"; or the "." line of a POP3 body, should it be +OK. */
export type Ending = "status" | "body";

export class Client {
  #socket: Socket;
  #received = "";
  #closed = false;
  #changed = () => {};

  constructor(port: number) {
    this.#socket = connect(port, LOOPBACK);
    this.#hear(this.#socket);
  }

  send(text: string): void {
    this.#socket.write(encode(text));
  }

  /** The next reply with all its lines; what there is of it when the connection ends or nothing more comes. */
  async reply(ending: Ending): Promise<string> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const length = replyLength(this.#received, ending);
      if (length > 0 || this.#closed || Date.now() >= end) {
        const reply = this.#received.slice(0, length || undefined);
        this.#received = this.#received.slice(reply.length);
        return reply;
      }
      await this.#change(end - Date.now());
    }
  }

  /**
   * Speaks TLS from now on; should that fail, the connection ends.
   * @param trusted the certificate, in PEM @param name whom it has to be for
   */
  async secure(trusted: string, name: string): Promise<void> {
    this.#socket.removeAllListeners("data");
    const secured = connectTls({ socket: this.#socket, ca: trusted, servername: name });
    this.#socket = secured;
    this.#hear(secured);
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const event of ["secureConnect", "close"] as const) secured.once(event, () => resolve());
    const timer = setTimeout(resolve, PATIENCE);
    await promise;
    clearTimeout(timer);
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(socket: Socket): void {
    socket.on("data", (chunk: Buffer) => {
      this.#received += decode(chunk);
      this.#changed();
    });
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      this.#closed = true;
      this.#changed();
    });
  }

  async #change(patience: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    this.#changed = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/** Octets of the whole reply `text` starts with; 0 as long as it is not whole. */
function replyLength(text: string, ending: Ending): number {
  const status = /^(?:\d{3}-.*\r\n)*(?:\d{3}(?: .*)?|\+.*|-ERR.*)\r\n/.exec(text)?.[0] ?? "";
  if (status === "" || ending === "status" || status.startsWith("-ERR")) return status.length;
  const end = text.indexOf("\r\n.\r\n", status.length - 2);
  return end < 0 ? 0 : end + 5;
}
