// A real connected TCP socket as a file descriptor, so that a process can be given it as inetd gives it: no relay in
// between, half-close and reset are the kernel's own. Knows Linux and the C library, nothing of what is said.

import { dlopen, ptr } from "bun:ffi";

const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const AF_INET = 2;

const libc = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
}).symbols;

/** Listens on a free loopback port for one client. */
export class OneClient {
  readonly port: number;
  #fd: number;

  constructor() {
    this.#fd = check("socket", libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const address = new Uint8Array(16);
    new Uint16Array(address.buffer)[0] = AF_INET;
    address.set([127, 0, 0, 1], 4);
    check("bind", libc.bind(this.#fd, ptr(address), address.length));
    check("listen", libc.listen(this.#fd, 1));
    check("getsockname", libc.getsockname(this.#fd, ptr(address), ptr(new Uint32Array([address.length]))));
    this.port = new DataView(address.buffer).getUint16(2);
  }

  /** Call it when the client has connected: it does not wait then. The descriptor must be closed with closeFd. */
  accept(): number {
    const fd = check("accept", libc.accept4(this.#fd, null, null, SOCK_CLOEXEC));
    closeFd(this.#fd);
    return fd;
  }

  /** The listening descriptor itself, for a program that accepts on its own. Must be closed with closeFd. */
  take(): number {
    return this.#fd;
  }
}

export function closeFd(fd: number): void {
  libc.close(fd);
}

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed`);
  return result;
}
