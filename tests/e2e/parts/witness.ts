// Knows a server that only writes down how it was started: what it was given, and what it was not spared.

import { chownSync, readFileSync } from "node:fs";
import { type Need, program } from "./missing.ts";
import type { Scratch } from "./scratch.ts";
import type { Command } from "./wrapper.ts";

export interface Testimony {
  readonly environment: string[];
  readonly directory: string;
  readonly descriptors: number[];
  readonly umask: number;
  /** Real, effective and saved. */
  readonly users: number[];
  readonly groups: number[];
  readonly supplementary: number[];
  readonly leadsItsGroup: boolean;
}

// /proc/self/environ, because Python adds a variable of its own to os.environ.
const script = `
import json, os, sys
def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
descriptors = [fd for fd in range(1024) if is_open(fd)]
mask = os.umask(0)
with open(sys.argv[1], "w") as testimony:
    json.dump({
        "environment": sorted(filter(None, open("/proc/self/environ").read().split("\\0"))),
        "directory": os.getcwd(),
        "descriptors": descriptors,
        "umask": mask,
        "users": list(os.getresuid()),
        "groups": list(os.getresgid()),
        "supplementary": sorted(os.getgroups()),
        "leadsItsGroup": os.getpgrp() == os.getpid(),
    }, testimony)
print("220 witness.test", end="\\r\\n", flush=True)
for line in sys.stdin:
    print("221 witness.test" if line.startswith("QUIT") else "250 witness.test", end="\\r\\n", flush=True)
`;

export interface Witness {
  readonly server: Command;
  testimony(): Testimony;
}

/** @param uid whom the server will run as, who has to be able to write */
export function witness(scratch: Scratch, name: string, uid: number, user = "nobody"): Witness {
  const file = scratch.file(name, "");
  if (process.getuid?.() === 0) chownSync(file, uid, -1);
  return {
    // -B: no compiled code is left behind; -S and -I: nothing of the caller's.
    server: { argv: ["/usr/bin/python3", "-I", "-S", "-B", "-c", script, file], user },
    testimony: () => JSON.parse(readFileSync(file, "utf8")) as Testimony,
  };
}

export const witnessNeeds: readonly Need[] = [program("python3")];
