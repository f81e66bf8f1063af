// Knows systemd-socket-activate, which starts a program for each client as a unit with Accept=yes does: with
// StandardInput=socket the client is on 0 and 1, without it is descriptor 3.

import { program } from "./missing.ts";
import { front, type SuperServer } from "./superserver.ts";

function activate(name: string, ...options: string[]): SuperServer {
  return {
    name,
    needs: [program("systemd-socket-activate")],
    peer: "client",
    start: (scratch, argv) =>
      front(scratch, (port) => [
        "systemd-socket-activate",
        "--accept",
        ...options,
        "-l",
        `127.0.0.1:${port}`,
        ...argv,
      ]),
  };
}

export const activateInput = activate("systemd with StandardInput=socket", "--inetd");
export const activateThree = activate("systemd with the client on descriptor 3");
