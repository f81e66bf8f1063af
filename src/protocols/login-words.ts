// What the options of the one login policy come to, in plain words, for whoever checks a configuration. Knows the
// options; not what a login is.

import type { GivenOf } from "../options/table.ts";
import { AT_ONE, OF_ONE, oddsOf } from "../policy/odds.ts";
import type { Doubt, Place, Row } from "./protocol.ts";
import { LOGIN_OPTIONS } from "./shared-options.ts";

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

const COUNTED = {
  none: "not counted across connections: whoever makes more of them tries more",
  memory: "counted in this listener's memory",
  file: "counted in a file, by all who share it",
  redis: "counted in Redis, by all hosts that share it",
} as const;

/** How many networks an attacker may have: for one user and for all, what he can try in a day. */
const ATTACKERS = [1, 200, 10_000] as const;

/** What wrong passwords come to across connections. */
export function guessRows({ throttle }: Pick<Place, "throttle">): readonly Row[] {
  const counted: Row = ["guesses", COUNTED[throttle]];
  if (throttle === "none") return [counted];
  const odds = ATTACKERS.map((networks) => {
    const { atOne, atAll } = oddsOf(networks);
    return `${networks} of them ${atOne} and ${atAll}`;
  });
  return [
    counted,
    [
      "guesses",
      `of n addresses in a day: n × ${AT_ONE.each} and ${AT_ONE.together} at one user, n × ${OF_ONE} at all`,
    ],
    ["guesses", `at one user and at all: ${odds.join(", ")}`],
  ];
}

/** When logins are taken: in words what clear-login.ts decides for each client. */
export function clearSentence(
  { loginWithoutTls: given }: Pick<LoginOptions, "loginWithoutTls">,
  { tls }: Pick<Place, "tls">,
): string {
  if (tls === "implicit" || tls === "required") return "in TLS only";
  const inTls = tls === "off" ? "" : "in TLS, ";
  if (given.includes(ALLOW) || (given.length === 0 && tls === "off"))
    return `${inTls}${tls === "off" ? "" : "and "}in the clear`;
  if (given.length === 0 || given.includes(REFUSE)) return tls === "off" ? "of nobody" : "in TLS only";
  return `${inTls}in the clear of clients in ${given.join(" or ")} only`;
}

export function loginDoubts(
  { auth, loginWithoutTls: given }: Pick<LoginOptions, "auth" | "loginWithoutTls">,
  { tls }: Pick<Place, "tls">,
): readonly Doubt[] {
  if (tls === "off") {
    if (given.includes(REFUSE)) return [["--login-without-tls", "refuse: nobody can log in without --tls"]];
    if (given.includes(ALLOW)) return [["--login-without-tls", `has no effect without --tls: ${CLEAR}`]];
    return auth === "pass" && given.length === 0
      ? [["--auth", `pass: ${CLEAR}, unless TLS is in front`]]
      : [];
  }
  const isSpared = given.length > 0 && !given.includes(REFUSE);
  return isSpared && tls !== "optional"
    ? [["--login-without-tls", `has no effect with --tls ${tls}: all logins are in TLS`]]
    : [];
}

const { nobody: REFUSE, anybody: ALLOW } = LOGIN_OPTIONS["login-without-tls"].takes.words;
const CLEAR = LOGIN_OPTIONS["login-without-tls"].doubt;

function ordinal(count: number): string {
  return `${count}${["th", "st", "nd", "rd"][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? "th"}`;
}
