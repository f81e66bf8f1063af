// The numbers of all services: each has its own as long as we live, whatever configuration it is served under. Knows who
// is who; not what is counted.

import { Meter } from "../record/meter.ts";

export class Meters {
  readonly #all = new Map<string, Meter>();
  /** What is no service's. */
  readonly common = new Meter();
  /** Lines of the log that nobody took. */
  readonly lost = (lines: number): void => this.common.add("protowrap_log_lines_lost_total", lines);

  /** @param name of the service; null for the only one */
  of(name: string | null, protocol: string): Meter {
    const key = JSON.stringify([name, protocol]);
    const meter = this.#all.get(key) ?? new Meter();
    this.#all.set(key, meter);
    return meter;
  }
}
