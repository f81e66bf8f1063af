// --throttle: text to where guesses are counted. Knows the notation; opens and reaches nothing.

import type { RedisPlace, ThrottlePlace } from "../throttle/place.ts";
import { isDomain, isIPv4, isIPv6 } from "../wire/domain.ts";
import { settingsIn } from "./destination.ts";
import { expected } from "./usage.ts";

const FORMS =
  "none, memory, file:/PATH or redis[s]://[USER@]HOST[:PORT][/DATABASE][,password=FILE][,ca=FILE]";
const PORT = 6379;

/** @param isListening what was not said is the memory then @throws UsageError */
export function parseThrottle(
  text: string | null,
  isListening: boolean,
  where = "--throttle",
): ThrottlePlace {
  if (text === null) return isListening ? { kind: "memory" } : null;
  if (text === "none") return null;
  if (text === "memory") return { kind: "memory" };
  const path = /^file:(\/.*[^/])$/s.exec(text)?.[1];
  if (path !== undefined) return { kind: "file", path };
  const redis = redisIn(text);
  if (redis === null) throw expected(where, FORMS, text);
  return { kind: "redis", ...redis };
}

function redisIn(text: string): RedisPlace | null {
  const [place = "", ...rest] = text.split(",");
  const parts =
    /^redis(s?):\/\/(?:([^@:/]+)@)?(?:\[([0-9A-Fa-f:.]+)\]|([^:@/[\]]+))(?::([0-9]{1,5}))?(?:\/([0-9]{1,3}))?$/.exec(
      place,
    );
  const given = settingsIn(rest, ["password", "ca"]);
  if (parts === null || given === null) return null;
  const [, secure, user = null, address, name, port = PORT, database = 0] = parts;
  const host = (address ?? name)!;
  const isHost = isIPv4(host) || isIPv6(host) || isDomain(host);
  const isTls = secure === "s";
  const { password = null, ca = null } = Object.fromEntries(given) as Partial<Record<string, string>>;
  const isWhole = isHost && Number(port) >= 1 && Number(port) <= 65535 && (isTls || ca === null);
  if (!isWhole || (user !== null && password === null)) return null;
  return { host, port: Number(port), database: Number(database), isTls, user, password, ca };
}
