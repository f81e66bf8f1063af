// Knows one session with a subject: how it is started on pipes or on a real socket, and how it ends without leaving
// anything behind.
import { close, connectEnds, type Transport, waitForEnd } from "./os.ts";
import { Talk } from "./talk.ts";

export class Session extends Talk {
  readonly #process: Bun.Subprocess;
  /** The moment before it was started. */
  readonly started: number;

  /** What the subject says on fd 2 goes to `errors`, a descriptor of a file. */
  constructor(command: string[], transport: Transport, errors: number) {
    const ends = connectEnds(transport);
    super(ends);
    this.started = performance.now();
    try {
      this.#process = Bun.spawn(command, {
        stdio: [ends.childIn, ends.childOut, errors],
        env: { PATH: process.env.PATH },
      });
    } catch (error) {
      this.close();
      throw error;
    } finally {
      close(ends.childIn, ends.childOut);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** After this the process is gone, or killed; `unreaped` is called while its CPU clock still stands. */
  async end(unreaped: () => void = () => {}): Promise<void> {
    this.close();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      if (waitForEnd(this.pid, 5_000)) unreaped();
      else this.#process.kill("SIGKILL");
    }
    await this.#process.exited;
  }
}
