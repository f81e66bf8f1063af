// Knows the loopback's TCP ports: which one is free, and whether somebody listens on one.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** A port of 127.0.0.1 that nobody used a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Read from the kernel's table: a trial connection would already be a session of the server under test. */
export function listening(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/tcp", "latin1").includes(`0100007F:${hex} 00000000:0000 0A`);
}
