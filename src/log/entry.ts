// One event for the log, as the pure floors tell it. Knows neither format nor target.

export interface Entry {
  /** As --log-level counts: 0 faults of ours, 1 refusals and ends, 2 connections, 3 commands, 4 lines, 5 all. */
  readonly level: 0 | 1 | 2 | 3 | 4 | 5;
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number>>;
}
