// Knows how to stand on the wire between a client and a port, and keep what the server said. TLS, if the port
// wants it, ends here: the octets kept are plain.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Unlike every other address of the tests, so that nobody takes a guess for knowledge. */
export const CLIENT = "127.0.0.2";

export interface Wire {
  /** The tap's own towards the port, which is the client's for whoever listens there. */
  readonly clientPort: number;
  client: string;
  server: string;
}

export class Tap implements AsyncDisposable {
  readonly port: number;
  /** One for each connection, in order; the octets as latin1. */
  readonly wires: readonly Wire[];
  readonly #close: () => void;

  private constructor(port: number, wires: readonly Wire[], close: () => void) {
    this.port = port;
    this.wires = wires;
    this.#close = close;
  }

  static async before(port: number, tls = false): Promise<Tap> {
    const wires: Wire[] = [];
    const sockets: Socket[] = [];
    const listener = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ host: "127.0.0.1", port, localAddress: CLIENT, allowHalfOpen: true });
      sockets.push(client, server);
      const plain = tls ? connectTls({ socket: server, rejectUnauthorized: false }) : server;
      server.once("connect", () => {
        const wire: Wire = { clientPort: server.localPort ?? 0, client: "", server: "" };
        wires.push(wire);
        client.on("data", (chunk) => {
          wire.client += chunk.toString("latin1");
        });
        plain.on("data", (chunk) => {
          wire.server += chunk.toString("latin1");
        });
        client.pipe(plain).pipe(client);
      });
      for (const socket of [client, server, plain]) socket.on("error", () => client.destroy());
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new Tap((listener.address() as AddressInfo).port, wires, () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}

/** The lines of an SMTP server that are none of SMTP. */
export function foreignToSmtp({ server }: Wire): string[] {
  return lines(server).filter((line) => !/^\d{3}[ -][\t -~]*\r\n$/.test(line));
}

/** The lines of a POP3 server that belong to no answer, by what its client had asked. */
export function foreignToPop3({ client, server }: Wire): string[] {
  const foreign: string[] = [];
  const asked = ["", ...client.split("\r\n").slice(0, -1)];
  let inText = false;
  for (const line of lines(server)) {
    if (inText) {
      inText = line !== ".\r\n";
      if (!line.endsWith("\r\n")) foreign.push(line);
      continue;
    }
    const command = asked.shift();
    if (command === undefined || !/^(?:\+OK|-ERR)[\t -~]*\r\n$/.test(line)) foreign.push(line);
    else inText = line.startsWith("+OK") && /^(?:CAPA|RETR \d+|TOP \d+ \d+|LIST|UIDL)$/i.test(command);
  }
  return inText ? [...foreign, "(an answer without its end)"] : foreign;
}

/** With their ends; a last one may have none. */
function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
