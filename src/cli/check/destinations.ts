// Servers over TCP that are to speak TLS: who they must be, in plain words, and what is doubted of it. Reads the files
// they are trusted by; reaches nobody.

import type { Destination } from "../../io/tcp.ts";
import type { Original } from "../../options/original.ts";
import { withRoots } from "../../options/roots.ts";
import { placesOf, type ServerPlan } from "../../options/server.ts";
import { overlaps } from "../../policy/networks.ts";
import { isIPv4, isIPv6 } from "../../wire/domain.ts";
import { type Finding, warning } from "./finding.ts";

const STARTS = { implicit: "TLS from the first octet on", starttls: "TLS, asked for first" } as const;

/** Behind its address; nothing where it speaks no TLS. */
export function writeTls({ tls }: Pick<Destination, "tls">): string {
  if (tls === null) return "";
  const by = tls.ca === null ? "by an authority of the system's" : `by ${tls.ca}`;
  return ` (${STARTS[tls.starts]}; its certificate must be for ${tls.name}, ${by})`;
}

/**
 * @param where they were named
 * @param system the file of the system's authorities
 * @throws UsageError for files that are none
 */
export function checkDestinations(plan: ServerPlan, where: string, system?: string): Finding[] {
  withRoots(placesOf(plan), where, system);
  if ("argv" in plan) return [];
  if ("originals" in plan) return ofNetworks(plan.originals).map((text) => warning(where, text));
  const { destinations } = plan;
  const clear = destinations.filter(({ tls }) => tls === null);
  const isMixed = clear.length > 0 && clear.length < destinations.length;
  return [
    ...destinations.flatMap(ofAddress).map((text) => warning(where, text)),
    ...(isMixed
      ? clear.map(({ host }) => warning(where, `${host}: in the clear, where others speak TLS`))
      : []),
  ];
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** @param listening where clients are accepted @returns what is said of servers that are ourselves */
export function checkOurselves(plan: ServerPlan, where: string, listening: readonly Place[]): Finding[] {
  if (!("destinations" in plan)) return [];
  const isOurs = ({ host, port }: Place) =>
    listening.some(
      (own) => port === own.port && (host === own.host || (isAnyAddress(own.host) && isOfThisHost(host))),
    );
  return plan.destinations
    .filter(isOurs)
    .map(({ host, port }) =>
      warning(where, `${host}: is ourselves, who listen on port ${port}: never reached`),
    );
}

function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function isOfThisHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** Authorities that everybody trusts hardly ever vouch for an address. */
function ofAddress({ tls }: Destination): string[] {
  if (tls === null || tls.ca !== null || !(isIPv4(tls.name) || isIPv6(tls.name))) return [];
  return [
    `${tls.name}: a certificate for an address, by an authority of the system's, is rare: give name= or ca=`,
  ];
}

/** Bits of a network: of one with less hardly anybody has all the hosts. */
const NARROW = { ipv4: 8, ipv6: 16 } as const;

function ofNetworks(originals: readonly Original[]): string[] {
  return originals.flatMap(({ net }, index) => {
    const before = originals.slice(0, index).map(({ net }) => net);
    const [hidden] = overlaps([net], before).filter(({ is }) => is !== "around");
    const bits = Number(/\/([0-9]+)$/.exec(net)?.[1] ?? Number.POSITIVE_INFINITY);
    return [
      ...(bits < NARROW[net.includes(":") ? "ipv6" : "ipv4"]
        ? [`${net}: whoever the firewall redirects is let go to any of so many hosts`]
        : []),
      ...(hidden === undefined
        ? []
        : [`${net}: never looked at, as it is in ${hidden.other}, which comes before`]),
    ];
  });
}
