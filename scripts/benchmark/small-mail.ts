// Knows one small mail as a lock-step SMTP dialogue, and how to send many of them at once to a TCP port.
import { isWholeReply } from "./talk.ts";

/** The line to send and what the reply to it begins with. */
export const SMALL_MAIL: readonly (readonly [line: string, expected: string])[] = [
  ["EHLO client.test", "250"],
  ["MAIL FROM:<a@client.test>", "250"],
  ["RCPT TO:<b@bench.test>", "250"],
  ["DATA", "354"],
  ["Subject: bench\r\n\r\nOne line of text.\r\n.", "250"],
  ["QUIT", "221"],
];

const PATIENCE_SECONDS = 30;

function sendOne(port: number, isSecure: boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let step = -1;
  let text = "";
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    ...(isSecure ? { tls: { rejectUnauthorized: false } } : {}),
    socket: {
      open: (socket) => socket.timeout(PATIENCE_SECONDS),
      data: (socket, octets) => {
        text += octets.toString("latin1");
        if (!isWholeReply(text)) return;
        const expected = SMALL_MAIL[step]?.[1] ?? "220";
        if (!text.startsWith(expected)) {
          reject(new Error(`expected ${expected}, got ${JSON.stringify(text)}`));
          socket.end();
          return;
        }
        text = "";
        step += 1;
        const next = SMALL_MAIL[step];
        if (next) socket.write(`${next[0]}\r\n`);
        else {
          resolve();
          // Closed by us: socat waits half a second for that after the server has gone.
          socket.end();
        }
      },
      timeout: (socket) => {
        reject(new Error("a session stalled"));
        socket.end();
      },
      close: () => reject(new Error(`a session was closed at step ${step + 1}`)),
      error: (_socket, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}

/** Sends `count` mails, `atOnce` of them at a time, perhaps inside TLS; answers in sessions per second. */
export async function sendMany(
  port: number,
  count: number,
  atOnce: number,
  isSecure = false,
): Promise<number> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await sendOne(port, isSecure);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count / ((performance.now() - started) / 1000);
}
