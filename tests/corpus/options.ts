// The corpus names options by description; this is the one place that says which option of the program each one is.
// It knows names only. An option it does not know is an error, because a script played without it proves nothing.

import type { Script } from "./script.ts";

type Flags = (value: unknown) => string[];

const one =
  (flag: string): Flags =>
  (value) => [`--${flag}=${value}`];
const each =
  (flag: string): Flags =>
  (value) =>
    [value].flat().map((item) => `--${flag}=${item}`);
const seconds =
  (flag: string): Flags =>
  (value) => [`--${flag}=${Number(value) / 1000}`];
const words =
  (flag: string, names: Record<string, string>): Flags =>
  (value) => {
    const word = names[String(value)];
    if (word === undefined) throw new Error(`the value ${JSON.stringify(value)} for --${flag} is not known`);
    return [`--${flag}=${word}`];
  };
const onlyOff =
  (what: string): Flags =>
  (value) => {
    if (value !== false) throw new Error(`${what} cannot be switched on`);
    return [];
  };

const OPTIONS: Record<string, Flags> = {
  relayDomains: each("relay-domain"),
  relayIps: each("relay-ip"),
  relaySenderDomains: each("relay-sender-domain"),
  blockAddrs: each("block-address"),
  blockIps: each("block-ip"),
  blockBody: each("block-body"),
  maxMsgSize: one("max-message-size"),
  maxRcpt: one("max-recipients"),
  maxErrors: one("max-errors"),
  maxLine: one("max-line-length"),
  bareLf: one("bare-newline"),
  longline: one("long-text"),
  maxTextLine: one("long-text"),
  overlong: words("on-long-line", {
    drop: "drop",
    chop: "truncate",
    truncate: "truncate",
    close: "close",
    refuse: "refuse",
  }),
  sync: one("early-talker"),
  earlyTalker: one("early-talker"),
  auth: one("auth"),
  ehlo: one("ehlo"),
  vrfy: one("vrfy"),
  finalLine: one("final-line"),
  maxLoginAttempts: one("max-login-attempts"),
  loginDelayMs: seconds("login-delay"),
  idleTimeout: one("idle-timeout"),
  idleTimeoutMs: seconds("idle-timeout"),
  sessionTimeout: one("session-timeout"),
  sessionTimeoutMs: seconds("session-timeout"),
  serverTimeout: one("server-timeout"),
  serverTimeoutMs: seconds("server-timeout"),
  hostname: one("hostname"),
  starttls: words("tls", { terminate: "optional", off: "off" }),
  allowNul: onlyOff("NUL in lines"),
  allowCtl: onlyOff("control octets in lines"),
};

// These say what runs and around what; the runner sees to them.
const NOT_OPTIONS = new Set(["stub", "env", "profile"]);

/** The protocol's name and the options behind it on the command line. */
export function optionFlags({ protocol, options = {} }: Script): string[] {
  const flags = ["--log=none"];
  if (process.getuid?.() === 0) flags.push("--user=nobody");
  if (protocol === "smtp" && options.relayDomains === undefined) flags.push("--relay-domain=local.test");
  if (protocol === "pop3" && options.loginDelayMs === undefined) flags.push("--login-delay=0");
  for (const [name, value] of Object.entries(options)) {
    const known = OPTIONS[name];
    if (known !== undefined) flags.push(...known(value));
    else if (!NOT_OPTIONS.has(name)) throw new Error(`the option ${name} is not known`);
  }
  return [protocolName(protocol, options.profile), ...flags];
}

/** A profile is a protocol of its own. */
export function protocolName(protocol: string, profile: unknown): string {
  if (profile === undefined) return protocol;
  if (protocol === "line" && profile === "finger") return "finger";
  throw new Error(`the profile ${JSON.stringify(profile)} is not known`);
}
