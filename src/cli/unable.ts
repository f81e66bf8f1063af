// What is left to do where the runtime cannot call the C library: without its compiler, or with too little memory
// that it may reserve. The client is told that there is no service now, the administrator why; nothing else works.
// Knows no option: whatever they say, the system's log is told.

import { fstatSync, readFileSync, writeSync } from "node:fs";
import { EXIT, type ExitCode } from "../exit.ts";
import { isStderrRead } from "../os/error-stream.ts";
import type { Status } from "../os/files.ts";
import { memoryLimits } from "../os/memory-limits.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { formatText } from "../record/format.ts";
import { encode } from "../wire/latin1.ts";
import { usableName } from "./hostname.ts";
import { isProtocol, protocolOf } from "./protocol.ts";

/** Milliseconds that the system's log has to take the line. */
const LOGGER_PATIENCE = 1000;

/** @param reason what the runtime threw */
export async function unable([command = ""]: readonly string[], reason: unknown): Promise<ExitCode> {
  const limits = memoryLimits().map(({ of, octets }) => ` (${of} is limited to ${octets} octets)`);
  const text = `the runtime cannot work here: ${reason}${limits.join("")}`;
  if (isStderrRead(statusOf)) attempt(() => console.error(`protowrap: ${text}`));
  if (!isProtocol(command)) return EXIT.system;
  const protocol = await protocolOf(command).catch(() => null);
  attempt(() => writeSync(clientDescriptor(), encode(protocol?.unavailable(hostName()) ?? "")));
  if (!isStderrRead(statusOf)) attempt(() => tellSyslog(protocol ?? { name: "protocol" }, text));
  return EXIT.system;
}

function statusOf(fd: number): Status | null {
  try {
    return fstatSync(fd, { bigint: true });
  } catch {
    return null;
  }
}

function hostName(): string {
  return usableName(readFileSync("/proc/sys/kernel/hostname", "latin1").trim());
}

/** systemd passes it as descriptor 3 where standard input is no socket. */
function clientDescriptor(): number {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  const isPassed = LISTEN_PID === String(process.pid) && LISTEN_FDS === "1";
  return isPassed && !fstatSync(0).isSocket() ? 3 : 1;
}

/** By the program that comes with every system: a socket of the log is out of reach. */
function tellSyslog(
  { name: protocol, facility = "daemon" }: Pick<AnyProtocol, "name" | "facility">,
  error: string,
): void {
  const context = { session: process.pid, client: "unknown", protocol };
  const line = formatText({ level: 0, event: "fault", fields: { error } }, context);
  const tag = `protowrap-${protocol}[${process.pid}]`;
  Bun.spawnSync(["/usr/bin/logger", "--priority", `${facility}.err`, "--tag", tag, "--", line], {
    stdio: ["ignore", "ignore", "ignore"],
    env: {},
    cwd: "/",
    timeout: LOGGER_PATIENCE,
  });
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Nobody is left to be told.
  }
}
