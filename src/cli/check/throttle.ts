// Where guesses are counted: what is wrong with that place, and what of it is hardly ever meant. Reads modes and owners;
// opens and reaches nothing.

import { dirname } from "node:path";
import { RUN_OPTIONS } from "../../options/run.ts";
import { DEFAULT, type Settings } from "../../options/settings.ts";
import { compileNetworks } from "../../policy/networks.ts";
import type { AnyProtocol, Place } from "../../protocols/protocol.ts";
import type { RedisPlace } from "../../throttle/place.ts";
import { throttleIn } from "../throttle.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { People } from "./people.ts";
import { whyNotReadable, whyNotWritable } from "./rights.ts";

const OPTION = "throttle";
const ALLOW = "throttle-allow";

export interface ThrottleLooked {
  readonly kind: Place["throttle"];
  readonly findings: readonly Finding[];
}

/** @throws UsageError */
export function lookAtThrottle(
  protocol: AnyProtocol,
  settings: Settings,
  { wrapper }: Pick<People, "wrapper">,
): ThrottleLooked {
  const { listen } = settings.read(RUN_OPTIONS);
  const isListening = listen.length > 0;
  const place = throttleIn(protocol, settings, isListening);
  const where = settings.where(OPTION);
  const findings: Finding[] = [];
  const isSaid = settings.origin(OPTION) !== DEFAULT;
  if (place === null && isListening && isSaid)
    findings.push(warning(where, "none: passwords may be tried by many connections at once"));
  if (place === null && settings.origin(ALLOW) !== DEFAULT)
    findings.push(warning(settings.where(ALLOW), "has no effect without --throttle"));
  if (place?.kind === "memory" && !isListening)
    findings.push(
      warning(where, "memory: each connection has a process, and a memory, of its own: file:/PATH is shared"),
    );
  if (place?.kind === "file") {
    const why = whyNotWritable(dirname(place.path), wrapper);
    if (why !== null) findings.push(error(where, `${place.path}: ${why}`));
  }
  if (place?.kind === "redis") findings.push(...ofRedis(place, wrapper, where));
  return { kind: place?.kind ?? "none", findings };
}

function ofRedis(place: RedisPlace, wrapper: People["wrapper"], where: string): Finding[] {
  const findings: Finding[] = [];
  for (const file of [place.password, place.ca]) {
    const why = file === null ? null : whyNotReadable(file, wrapper);
    if (why !== null) findings.push(error(where, `${file}: ${why}`));
  }
  const isHere = place.host === "localhost" || compileNetworks(["127.0.0.0/8", "::1"])(place.host);
  if (!place.isTls && !isHere)
    findings.push(warning(where, "redis: what is counted crosses the network in the clear: rediss"));
  return findings;
}
