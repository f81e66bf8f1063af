// A datagram socket to a path, which the runtime has no other way to than the C library. Never waits. Knows
// sockets; not what is said through them.

import { dlopen, ptr } from "bun:ffi";
import { close } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const MSG_NOSIGNAL = 0x4000;
/** Octets of a path in struct sockaddr_un, with its end. */
const PATH_ROOM = 108;

const { symbols: libc } = dlopen("libc.so.6", {
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  send: { args: ["i32", "ptr", "usize", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
});

export class DatagramSocket {
  readonly #address: Uint8Array;
  #fd = -1;

  /** Opened at once, with the rights we have now; nobody needs to be there yet. @param path "@" begins an abstract name */
  constructor(path: string) {
    const octets = new TextEncoder().encode(path);
    if (octets.length >= PATH_ROOM) throw new Error(`path of a socket is too long: ${path}`);
    // An abstract name (unix(7)) is as long as it is, and begins with NUL; a path ends with one.
    const isAbstract = path.startsWith("@");
    this.#address = new Uint8Array(2 + octets.length + (isAbstract ? 0 : 1));
    new DataView(this.#address.buffer).setUint16(0, AF_UNIX, true);
    this.#address.set(octets, 2);
    if (isAbstract) this.#address[2] = 0;
    this.reopen();
  }

  /** @returns whether somebody is there */
  reopen(): boolean {
    this.close();
    this.#fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.#fd < 0) return false;
    if (libc.connect(this.#fd, ptr(this.#address), this.#address.length) === 0) return true;
    close(this.#fd);
    this.#fd = -1;
    return false;
  }

  close(): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }

  /** @returns whether the datagram was taken; false when nobody is there, or cannot take more now */
  send(octets: Uint8Array): boolean {
    if (this.#fd < 0) return false;
    return libc.send(this.#fd, ptr(octets), octets.length, MSG_NOSIGNAL) === octets.length;
  }
}
