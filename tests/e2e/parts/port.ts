// Knows the loopback's ports: which one is free, and whether somebody listens on one.

import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 that nobody uses, and that nobody else is given: not another test, which would take it for
 * its own before its server listens there, and not a connection by the kernel, which takes from 32768 on.
 */
export function freePort(): Promise<number> {
  const port = candidate();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(freePort());
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)));
  });
}

/** Read from the kernel's table: a trial connection would already be a session of the server under test. */
export function listening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/tcp", "latin1").includes(`0100007F:${hex} 00000000:0000 0A`);
}

/** The same for UDP. */
export function freeUdpPort(): Promise<number> {
  const port = candidate();
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(freeUdpPort());
      else reject(error);
    });
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(port)));
  });
}

/** Whether somebody has bound the UDP port of 127.0.0.1. */
export function udpBound(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/udp", "latin1").includes(`0100007F:${hex} `);
}

const FIRST = 10_240;
const COUNT = 32_768 - FIRST;
/** Somewhere else in each process, since several may run beside each other. */
let given = Math.floor(Math.random() * COUNT);

function candidate(): number {
  given = (given + 1) % COUNT;
  return FIRST + given;
}
