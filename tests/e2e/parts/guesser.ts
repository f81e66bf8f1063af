// Knows how passwords are guessed over POP3 and SMTP: several connections at once, each trying until it is thrown out and
// then connecting anew, as hydra does. Waits for every answer: only that tells right from wrong.

import { connect } from "node:net";

export interface Guesses {
  /** Passwords that were refused: the guesser knows more than before. */
  readonly answered: number;
  /** Those of which it was only told to come later. */
  readonly postponed: number;
  /** Connections it took. */
  readonly connections: number;
}

/** What a guesser says, and what an answer to it means. */
interface Speech {
  /** Said once, before the first guess; null for nothing. */
  readonly hello: string | null;
  /** The lines of a guess; the answer to the last is the password's. */
  readonly guess: (password: string) => readonly string[];
  /** A whole answer, and none that another line of it follows. */
  readonly isWhole: (line: string) => boolean;
  readonly isWrong: (line: string) => boolean;
  readonly isLater: (line: string) => boolean;
  readonly goesOn: (line: string) => boolean;
}

const POP3: Speech = {
  hello: null,
  guess: (password) => ["USER kituser", `PASS ${password}`],
  isWhole: () => true,
  // The end of a session for too many errors says nothing of the password.
  isWrong: (line) => /^-ERR (?!\[SYS\/TEMP\]|too many errors)/.test(line),
  isLater: (line) => line.startsWith("-ERR [SYS/TEMP]"),
  goesOn: (line) => line.startsWith("+OK"),
};

const SMTP: Speech = {
  hello: "EHLO guesser.test",
  guess: (password) => [`AUTH PLAIN ${btoa(`\0kituser\0${password}`)}`],
  isWhole: (line) => line[3] !== "-",
  isWrong: (line) => line.startsWith("535 "),
  isLater: (line) => line.startsWith("454 "),
  goesOn: (line) => line.startsWith("2"),
};

/**
 * Guesses until the time is over; a guess without an answer by then is none.
 * @param mail a port of SMTP, which every second connection comes to
 */
export async function guess(port: number, ms: number, parallel: number, mail?: number): Promise<Guesses> {
  const end = Date.now() + ms;
  const sum = { answered: 0, postponed: 0, connections: 0 };
  const worker = async (name: number) => {
    for (let attempt = 0; Date.now() < end; attempt++) {
      sum.connections++;
      const isMail = mail !== undefined && (name + attempt) % 2 === 1;
      const said = await converse(isMail ? mail : port, isMail ? SMTP : POP3, end, `${name}-${attempt}`);
      sum.answered += said.answered;
      sum.postponed += said.postponed;
      // A listener that refuses at once must not make this a loop without a pause.
      await Bun.sleep(5);
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, name) => worker(name)));
  return sum;
}

/** One connection to its end. @returns how many guesses were answered, and how */
function converse(
  port: number,
  speech: Speech,
  end: number,
  prefix: string,
): Promise<Pick<Guesses, "answered" | "postponed">> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const sum = { answered: 0, postponed: 0 };
    let left: string[] = speech.hello === null ? [] : [speech.hello];
    let [isGuess, text] = [false, ""];
    const timer = setTimeout(() => socket.destroy(), Math.max(0, end - Date.now()));
    const say = () => {
      if (left.length === 0) left = [...speech.guess(`wrong-${prefix}-${sum.answered}-${sum.postponed}`)];
      const line = left.shift()!;
      isGuess = left.length === 0 && line !== speech.hello;
      socket.write(`${line}\r\n`);
    };
    const hear = (line: string): void => {
      if (isGuess && speech.isWrong(line)) sum.answered++;
      else if (isGuess && speech.isLater(line)) sum.postponed++;
      else if (isGuess || !speech.goesOn(line)) return void socket.destroy(); // it was right, or nobody is served
      say();
    };
    socket.on("error", () => {}); // thrown out
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(sum);
    });
    socket.on("end", () => socket.destroy());
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let at = text.indexOf("\n"); at >= 0 && !socket.destroyed; at = text.indexOf("\n")) {
        const line = text.slice(0, at);
        text = text.slice(at + 1);
        if (speech.isWhole(line)) hear(line);
      }
    });
  });
}
