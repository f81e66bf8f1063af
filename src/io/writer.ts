// The end of a pipe or socket that is written. What the kernel takes at once is written directly; from the
// first octet on that it does not, the runtime's own stream writes, which waits. A dialogue needs no stream,
// and so neither the thread that closes its duplicate of the descriptor. Knows descriptors; not who is on the
// other side.

import * as libc from "../os/libc.ts";

export interface Writer {
  /** Takes a copy of the octets, or writes them. */
  write(octets: Uint8Array): void;
  /** @returns null when all is with the kernel, else a promise of that, which rejects when nobody reads */
  flush(): Promise<unknown> | null;
  /** Writes what was taken and closes. */
  end(): void;
}

export function writer(fd: number): Writer {
  let sink: Bun.FileSink | null = null;
  let open = true;
  /** Of a reset the first failing write is told, whoever made it, and the runtime's stream may keep it to itself. */
  let fault: unknown = null;
  const look = () => {
    if (libc.isBroken(fd)) fault ??= new Error("nobody reads any more");
  };
  return {
    write(octets) {
      if (!open || fault !== null) return;
      const taken = sink === null ? libc.writeReady(fd, octets) : 0;
      if (taken === octets.length) return;
      look();
      if (fault !== null) return;
      try {
        sink ??= Bun.file(fd).writer();
        // Under back-pressure this too is a promise; `flush` tells the same, to whoever asks.
        const written: unknown = sink.write(octets.subarray(taken));
        if (written instanceof Promise) written.catch(() => {});
      } catch (error) {
        fault = error ?? "write failed";
      }
    },
    flush() {
      if (!open) return null;
      try {
        const flushed = fault === null ? sink?.flush() : null;
        if (flushed instanceof Promise) return flushed;
        if (sink !== null) look();
      } catch (error) {
        fault = error ?? "write failed";
      }
      return fault === null ? null : Promise.reject(fault);
    },
    end() {
      if (!open) return;
      open = false;
      libc.close(fd);
      if (sink === null) return;
      // A reader that has gone before is no news here.
      try {
        Promise.resolve(sink.end()).catch(() => {});
      } catch {
        // The same, told at once.
      }
    },
  };
}
