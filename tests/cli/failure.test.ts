// Exit codes as the man page has them.

import { expect, test } from "bun:test";
import { exitCodeOf } from "../../src/cli/failure.ts";
import { UsageError } from "../../src/options/usage.ts";
import { PrivilegeError } from "../../src/os/identity.ts";
import { SessionFault } from "../../src/session/fault.ts";

const errno = (code: string) => Object.assign(new Error("refused"), { code });

test.each([
  ["the command line", new UsageError("x"), 64],
  ["a fault of ours", new SessionFault("x"), 70],
  ["a mistake the runtime found", errno("ERR_INVALID_ARG_TYPE"), 70],
  ["what is no error at all", null, 70],
  ["what the system refuses", errno("EACCES"), 71],
  ["what the system refuses in a session", new SessionFault("x", { cause: errno("EIO") }), 71],
  ["what the system has too little of", errno("EMFILE"), 75],
  ["what it has too little of in a session", new SessionFault("x", { cause: errno("ENOMEM") }), 75],
  ["privileges", new PrivilegeError("x"), 77],
] as const)("%s", (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
