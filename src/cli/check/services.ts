// What is wrong with services that are right one by one: ports that two of them want, and services that nobody can
// reach. Knows addresses as they are written; opens nothing.

import { parseAddress } from "../../options/address.ts";
import { RUN_OPTIONS } from "../../options/run.ts";
import type { Settings } from "../../options/settings.ts";
import { UsageError } from "../../options/usage.ts";
import { written } from "../../os/listening.ts";
import { error, type Finding, warning } from "./finding.ts";

export interface Listening {
  readonly name: string;
  /** As an error names it. */
  readonly where: string;
  readonly settings: Settings;
}

interface Place {
  readonly service: Listening;
  readonly host: string;
  readonly port: number;
}

export function checkTogether(services: readonly Listening[]): Finding[] {
  const places = services.flatMap(placesOf);
  const unreachable = services.filter(({ settings }) => settings.read(RUN_OPTIONS).listen.length === 0);
  return [
    ...places.flatMap((place, index) => {
      const other = places.slice(0, index).find((earlier) => clash(place, earlier));
      return other === undefined ? [] : [clashing(place, other)];
    }),
    ...unreachable.map(({ where, name }) =>
      warning(
        where,
        `nobody can reach it: no listen, unless systemd passes a socket named ${JSON.stringify(name)}`,
      ),
    ),
  ];
}

/** Those that are none are told of with the service. */
function placesOf(service: Listening): Place[] {
  return service.settings.read(RUN_OPTIONS).listen.flatMap((text) => {
    try {
      return [{ service, ...parseAddress(text) }];
    } catch (reason) {
      if (reason instanceof UsageError) return [];
      throw reason;
    }
  });
}

/** An address of all takes the port of each; IPv6 leaves IPv4 alone where somebody listens for that. */
function clash(one: Place, other: Place): boolean {
  if (one.port !== other.port || one.host.includes(":") !== other.host.includes(":")) return false;
  return one.host === other.host || [one, other].some(({ host }) => host === "0.0.0.0" || host === "::");
}

function clashing({ service, ...address }: Place, other: Place): Finding {
  const whose = other.service === service ? "this service has" : `the service ${other.service.name} has`;
  return error(
    service.settings.where("listen"),
    `${written(address)} clashes with ${written(other)}, which ${whose}`,
  );
}
