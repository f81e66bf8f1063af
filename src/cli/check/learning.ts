// What the server learns of a client, and what of it is lost on the way, in plain words. Knows options; asks nobody.

import type { RunOptions } from "../../options/run.ts";
import type { ServerPlan } from "../../options/server.ts";
import type { Settings } from "../../options/settings.ts";
import type { Table } from "../../options/table.ts";
import type { Row } from "../../protocols/protocol.ts";
import { XCLIENT_OPTION } from "../../protocols/shared-options.ts";

type Run = Pick<RunOptions, "sendProxy" | "tls">;

/** @param table of the protocol: not every one has --xclient */
export function learningRows(table: Table, settings: Settings, plan: ServerPlan, run: Run): Row[] {
  const xclient = Object.hasOwn(table, "xclient") && settings.read(XCLIENT_OPTION).xclient;
  const learns = [
    ...("argv" in plan ? ["the client's address and port, by its environment"] : []),
    ...(run.sendProxy === null ? [] : [byProxy(run)]),
    ...(xclient
      ? ["by XCLIENT, if it offers that, the client's address and port, and in SMTP its hello"]
      : []),
  ];
  const lost = [
    ...(learns.length === 0
      ? ["who the client is: the server's own rules, limits, log and traces are about this host"]
      : []),
    ...(run.sendProxy === "v1"
      ? ["that a client is unknown: version 1 has no address for one, and Dovecot takes it for this host"]
      : []),
    ...(xclient ? ["the client's host name: no rule of the server by name matches"] : []),
    ...(run.tls !== "off" && !tellsTls(run)
      ? ["that the client speaks TLS: a server that wants it before a login must be told to do without"]
      : []),
  ];
  return [
    ...(learns.length === 0 ? [] : [["learns", learns.join("; ")] as const]),
    ...(lost.length === 0 ? [] : [["lost", lost.join("; ")] as const]),
  ];
}

function byProxy(run: Run): string {
  const tls = tellsTls(run) ? ", and by which TLS it speaks" : "";
  return `by the PROXY protocol ${run.sendProxy}, before all else, the client's address and port, and where it came to${tls}`;
}

/** TLS that is asked for comes later than the header. */
function tellsTls({ sendProxy, tls }: Run): boolean {
  return sendProxy === "v2" && tls === "implicit";
}
