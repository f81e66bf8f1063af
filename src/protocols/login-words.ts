// What the options of the one login policy come to, in plain words, for whoever checks a configuration. Knows the
// options; not what a login is.

import type { GivenOf } from "../options/table.ts";
import type { Doubt } from "./protocol.ts";
import type { LOGIN_OPTIONS } from "./shared-options.ts";

type LoginOptions = GivenOf<typeof LOGIN_OPTIONS>;

export function saslSentence({ auth }: Pick<LoginOptions, "auth">): string {
  return auth === "pass" ? "AUTH by the server, too" : "no AUTH";
}

export function failureSentence({
  maxLoginAttempts,
  loginDelay,
}: Pick<LoginOptions, "maxLoginAttempts" | "loginDelay">): string {
  const end =
    maxLoginAttempts === 0
      ? "never ends the session"
      : `ends the session the ${ordinal(maxLoginAttempts)} time`;
  const wait = loginDelay === 0 ? "at once" : `after ${loginDelay} s, doubled each time up to 30`;
  return `a wrong password is answered ${wait}, and ${end}`;
}

export function loginDoubts({ auth }: Pick<LoginOptions, "auth">): readonly Doubt[] {
  const what = "pass: passwords cross the network as they are, unless TLS is in front";
  return auth === "pass" ? [["--auth", what]] : [];
}

function ordinal(count: number): string {
  return `${count}${["th", "st", "nd", "rd"][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? "th"}`;
}
