// --connect HOST:PORT[,…]: text to destination. Knows the notation; resolves nothing, and opens no file.

import type { Destination, DestinationTls } from "../io/tcp.ts";
import { isDomain, isIPv4, isIPv6 } from "../wire/domain.ts";
import { expected } from "./usage.ts";

const FORM = "HOST:PORT[,weight=N][,tls=implicit|starttls[,ca=FILE][,name=NAME]]";

/** `mail.test:25`, `192.0.2.1:25,weight=3`, `[2001:db8::1]:465,tls=implicit`. @throws UsageError */
export function parseDestination(text: string, where = "--connect"): Destination {
  const [place = "", ...rest] = text.split(",");
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(place);
  const [host, port] = [parts?.[1] ?? parts?.[2], Number(parts?.[3])];
  const given = settingsIn(rest, NAMES);
  if (host === undefined || port < 1 || port > 65535 || given === null) throw expected(where, FORM, text);
  const weight = given.get("weight") ?? "1";
  const tls = tlsOf(host, given);
  if (!/^[1-9][0-9]{0,4}$/.test(weight) || tls === "wrong") throw expected(where, FORM, text);
  return { host, port, weight: Number(weight), tls };
}

const NAMES = ["weight", "tls", "ca", "name"];

/** @returns null for what is none of the names, or stands there twice */
export function settingsIn(words: readonly string[], names: readonly string[]): Map<string, string> | null {
  const given = new Map<string, string>();
  for (const word of words) {
    const [, name = "", value = ""] = /^([a-z]+)=(.+)$/s.exec(word) ?? [];
    if (!names.includes(name) || given.has(name)) return null;
    given.set(name, value);
  }
  return given;
}

/** @param host whom its certificate is for, where no name is given */
export function tlsOf(host: string, given: ReadonlyMap<string, string>): DestinationTls | null | "wrong" {
  const [starts, ca = null] = [given.get("tls"), given.get("ca")];
  if (starts === undefined) return ca === null && !given.has("name") ? null : "wrong";
  // The dot that ends an absolute name is in no certificate.
  const name = (given.get("name") ?? host).replace(/\.$/, "");
  const isName = isIPv4(name) || isIPv6(name) || isDomain(name);
  return isName && (starts === "implicit" || starts === "starttls") ? { starts, name, ca } : "wrong";
}
