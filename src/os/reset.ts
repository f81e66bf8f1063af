// What a peer sees when its connection is closed without another word, as it is when we are killed: the end of
// our octets, or a reset. Knows sockets; loaded where a server is reached over TCP.

import { dlopen, ptr } from "bun:ffi";

const SOL_SOCKET = 1;
const SO_LINGER = 13;

const { symbols: libc } = dlopen("libc.so.6", {
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
});

/** Whether closing the socket is to reset the connection. */
export function resetAtClose(fd: number, wanted: boolean): void {
  const linger = new Int32Array([wanted ? 1 : 0, 0]); // struct linger: at once, for no time
  libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, ptr(linger), linger.byteLength);
}
