// One end of a pipe or socket as the runtime's own stream. The runtime works on a duplicate of the
// descriptor, so the one given is closed with the stream. Knows descriptors; not who is on the other side.

import * as libc from "../os/libc.ts";

export interface Reader {
  /** The next octets; null at the end, and for good once cancelled. Rejects when the connection broke. */
  read(): Promise<Uint8Array | null>;
  /** Reads no more: what is waiting, and what may come, is dropped. */
  cancel(): void;
  /**
   * From now on that many seconds of silence are the end. Silence only while somebody reads: what waits for
   * a slow client is not lost.
   */
  endWhenSilent(seconds: number): void;
}

export interface Writer {
  /** Takes a copy of the octets. */
  write(octets: Uint8Array): void;
  /** @returns null when all is with the kernel, else a promise of that, which rejects when nobody reads */
  flush(): Promise<unknown> | null;
  /** Writes what was taken and closes. */
  end(): void;
}

export function pipeReader(fd: number): Reader {
  const reader = Bun.file(fd).stream().getReader();
  let open = true;
  let reading = false;
  let patience: number | null = null;
  let timer: Timer | undefined;

  const cancel = () => {
    if (!open) return;
    open = false;
    clearTimeout(timer);
    reader.cancel().catch(() => {});
    libc.close(fd);
  };
  const arm = () => {
    if (open && reading && patience !== null) timer = setTimeout(cancel, patience * 1000);
  };

  return {
    async read() {
      if (!open) return null;
      reading = true;
      arm();
      try {
        const { done, value } = await reader.read();
        return done || !open ? null : value;
      } finally {
        reading = false;
        clearTimeout(timer);
      }
    },
    cancel,
    endWhenSilent(seconds) {
      patience = seconds;
      arm();
    },
  };
}

export function pipeWriter(fd: number): Writer {
  const writer = Bun.file(fd).writer();
  let open = true;
  /** A write can fail where it is asked for; it is told where its success would be. */
  let fault: unknown = null;
  return {
    write(octets) {
      if (!open || fault !== null) return;
      try {
        // Under back-pressure this too is a promise; `flush` tells the same, to whoever asks.
        const written: unknown = writer.write(octets);
        if (written instanceof Promise) written.catch(() => {});
      } catch (error) {
        fault = error ?? "write failed";
      }
    },
    flush() {
      if (!open) return null;
      if (fault !== null) return Promise.reject(fault);
      try {
        const flushed = writer.flush();
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
        Promise.resolve(writer.end()).catch(() => {});
      } catch {
        // The same, told at once.
      }
    },
  };
}
