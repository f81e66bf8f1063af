// What is wrong with a configuration: an error keeps it from starting, a warning is likely not what somebody
// wants. Knows neither which, nor how it is shown.

export interface Finding {
  readonly severity: "error" | "warning";
  /** The option it is about, "--" in front, or a file. */
  readonly about: string;
  readonly text: string;
}

export function error(about: string, text: string): Finding {
  return { severity: "error", about, text };
}

export function warning(about: string, text: string): Finding {
  return { severity: "warning", about, text };
}
