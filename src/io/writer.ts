// The end of a pipe or socket that is written, as the runtime's own stream. The runtime works on a duplicate
// of the descriptor, so the one given is closed with the stream. Knows descriptors; not who is on the other side.

import * as libc from "../os/libc.ts";

export interface Writer {
  /** Takes a copy of the octets. */
  write(octets: Uint8Array): void;
  /** @returns null when all is with the kernel, else a promise of that, which rejects when nobody reads */
  flush(): Promise<unknown> | null;
  /** Writes what was taken and closes. */
  end(): void;
}

export function writer(fd: number): Writer {
  const sink = Bun.file(fd).writer();
  let open = true;
  /** A write can fail where it is asked for; it is told where its success would be. */
  let fault: unknown = null;
  return {
    write(octets) {
      if (!open || fault !== null) return;
      try {
        // Under back-pressure this too is a promise; `flush` tells the same, to whoever asks.
        const written: unknown = sink.write(octets);
        if (written instanceof Promise) written.catch(() => {});
      } catch (error) {
        fault = error ?? "write failed";
      }
    },
    flush() {
      if (!open) return null;
      if (fault !== null) return Promise.reject(fault);
      try {
        const flushed = sink.flush();
        return flushed instanceof Promise ? flushed : null;
      } catch (error) {
        fault = error ?? "write failed";
        return Promise.reject(fault);
      }
    },
    end() {
      if (!open) return;
      open = false;
      libc.close(fd);
      // A reader that has gone before is no news here.
      try {
        Promise.resolve(sink.end()).catch(() => {});
      } catch {
        // The same, told at once.
      }
    },
  };
}
