// The places that a listener's services log to: each opened once for who writes alike, opened again when the log was
// rotated, and closed when nobody writes there any more. Knows who uses what; not what a line says.

import type { Sink } from "../log/sink.ts";
import { type LineStyle, openSink } from "./log.ts";

/** Somebody's use of a place. */
export interface Use {
  /** Null for none. */
  readonly sink: Sink | null;
  /** Called once, when it is needed no more. */
  readonly release: () => void;
}

interface Place {
  readonly sink: Sink;
  users: number;
}

export class Sinks {
  readonly #places = new Map<string, Place>();
  readonly #stderrIsOurs: boolean;
  readonly #onLost: (lines: number) => void;

  /** @param onLost told how many lines nobody took */
  constructor(stderrIsOurs: boolean, onLost: (lines: number) => void) {
    this.#stderrIsOurs = stderrIsOurs;
    this.#onLost = onLost;
  }

  /** @throws UsageError, also for a file that cannot be opened */
  async open(log: string, style: LineStyle, where: (option: string) => string): Promise<Use> {
    const { level: _, ...alike } = style;
    const key = JSON.stringify([log, alike]);
    const known = this.#places.get(key);
    const sink = known?.sink ?? (await openSink(log, style, this.#stderrIsOurs, where, this.#onLost));
    if (sink === null) return { sink, release() {} };
    const place = known ?? { sink, users: 0 };
    place.users++;
    this.#places.set(key, place);
    const release = () => {
      if (--place.users > 0) return;
      this.#places.delete(key);
      void place.sink.close();
    };
    return { sink, release };
  }

  /** Opens all of them again by their names. @throws the first error; what cannot be opened stays where it is */
  reopen(): void {
    const errors = [...this.#places.values()].flatMap(({ sink }) => {
      try {
        sink.reopen();
        return [];
      } catch (error) {
        return [error];
      }
    });
    if (errors.length > 0) throw errors[0];
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#places.values()].map(({ sink }) => sink.flush()));
  }
}
