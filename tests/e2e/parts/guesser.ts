// Knows how passwords are guessed over POP3: several connections at once, each saying USER and PASS until it is
// thrown out and then connecting anew, as hydra does. Waits for every answer: only that tells right from wrong.

import { connect } from "node:net";

export interface Guesses {
  /** Passwords that were refused: the guesser knows more than before. */
  readonly answered: number;
  /** Connections it took. */
  readonly connections: number;
}

/** Guesses until the time is over; a guess without an answer by then is none. */
export async function guess(port: number, ms: number, parallel: number): Promise<Guesses> {
  const end = Date.now() + ms;
  const sum = { answered: 0, connections: 0 };
  const worker = async (name: number) => {
    for (let attempt = 0; Date.now() < end; attempt++) {
      sum.connections++;
      const answered = await converse(port, end, `${name}-${attempt}`);
      sum.answered += answered;
      // A listener that refuses at once must not make this a loop without a pause.
      await Bun.sleep(5);
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, name) => worker(name)));
  return sum;
}

/** One connection to its end. @returns how many guesses were answered */
function converse(port: number, end: number, prefix: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let [said, answered, text] = ["", 0, ""];
    const timer = setTimeout(() => socket.destroy(), Math.max(0, end - Date.now()));
    socket.on("error", () => {}); // thrown out
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answered);
    });
    socket.on("end", () => socket.destroy());
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n")) {
        const line = text.slice(0, at);
        text = text.slice(at + 1);
        if (said === "PASS" && line.startsWith("-ERR")) answered++;
        else if (said === "PASS" || line.startsWith("-ERR")) {
          socket.destroy(); // not a wrong password: nobody is served here, or it was the right one
          return;
        }
        said = said === "USER" ? "PASS" : "USER";
        socket.write(said === "USER" ? "USER kituser\r\n" : `PASS wrong-${prefix}-${answered}\r\n`);
      }
    });
  });
}
