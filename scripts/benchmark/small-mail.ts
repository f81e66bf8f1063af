// Knows one small mail as a lock-step SMTP dialogue and in a batch, one of POP3, and how to send many at once to a TCP port.
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

const ENVELOPE = [
  "MAIL FROM:<a@client.test>",
  "RCPT TO:<b@bench.test>",
  "RCPT TO:<c@bench.test>",
  "DATA",
  "",
];

/** The same of a client that pipelines, behind its EHLO. */
export const BATCH = {
  octets: Buffer.from(ENVELOPE.join("\r\n")),
  expected: ["250", "250", "250", "354"],
  message: SMALL_MAIL[4]!,
} as const;

/** The lines of a mail of 2 KB, and each of them, as the server is told. */
export const SMALL_RETR = ["26", "x".repeat(76)] as const;

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
