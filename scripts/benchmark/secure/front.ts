// Knows who ends TLS in front of a server, and how each is told to: protowrap as a listener and as a process for each
// connection, stunnel, and hitch. One certificate for all of them: ECDSA, P-256.
import { onTheSpot, pemBeside } from "../../../tests/e2e/parts/keypair.ts";
import type { Stage } from "../stage.ts";
import type { Protocol } from "../subjects.ts";

export const STUNNEL = "/usr/bin/stunnel4";
export const HITCH = "/usr/sbin/hitch";

export type Tls = "off" | "optional" | "implicit";

const asRoot = process.getuid!() === 0;

/** Options of ours, without what is wrapped. */
export function wrapping(path: string, protocol: Protocol, tls: Tls, stage: Stage): string[] {
  return [
    ...[path, protocol, "--log", "none", ...(asRoot ? ["--user", "nobody"] : [])],
    ...(protocol === "smtp" ? ["--relay-domain", "bench.test", "--max-message-size", "0"] : []),
    ...(tls === "off" ? [] : ["--tls", tls, "--tls-cert", certificate(stage)]),
  ];
}

/** A process of ours for each connection. */
export function each(port: number, command: readonly string[]): string[] {
  return ["tcpserver", "-HR", "-l", "0", "-c", "100", "127.0.0.1", String(port), ...command];
}

export function listening(port: number, command: readonly string[]): string[] {
  const room = ["--max-connections", "1100", "--max-connections-per-ip", "0"];
  return [...command, "--listen", `127.0.0.1:${port}`, ...room];
}

/** Decrypts, and starts the server itself. */
export function stunnel(port: number, server: readonly string[], stage: Stage): string[] {
  const [program, ...args] = server;
  const text = `foreground = yes
pid =
debug = 3
cert = ${certificate(stage)}
key = ${certificate(stage)}
[bench]
accept = 127.0.0.1:${port}
exec = ${program}
execArgs = ${[program, ...args].join(" ")}
`;
  return [STUNNEL, stage.file(`stunnel-${port}.conf`, text)];
}

/** Decrypts for a server over TCP. */
export function hitch(port: number, server: number, stage: Stage): string[] {
  const options = [`--frontend=[127.0.0.1]:${port}`, `--backend=[127.0.0.1]:${server}`, "--workers=1"];
  return [HITCH, ...options, ...(asRoot ? ["--user=nobody"] : []), certificate(stage)];
}

/** Of OpenSSL: does nothing but handshakes. */
export function opensslServer(port: number, stage: Stage): string[] {
  const pem = certificate(stage);
  return [
    ...["openssl", "s_server", "-accept", `127.0.0.1:${port}`, "-quiet"],
    ...["-cert", pem, "-key", pem],
  ];
}

const files = new Map<Stage, string>();

function certificate(stage: Stage): string {
  const made = files.get(stage) ?? pemBeside(stage.file("certificate", onTheSpot().chain));
  files.set(stage, made);
  return made;
}
