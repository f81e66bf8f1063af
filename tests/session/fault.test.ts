// Faults: whatever was thrown becomes one, and says what it was.

import { expect, test } from "bun:test";
import { faultOf, SessionFault } from "../../src/session/fault.ts";

test("a fault stays what it is", () => {
  const fault = new SessionFault("a line without a reply");
  expect(faultOf(fault)).toBe(fault);
});

test("anything else is told in it, and kept as its cause", () => {
  const cause = new TypeError("no such method");
  const fault = faultOf(cause);
  expect(fault).toBeInstanceOf(SessionFault);
  expect([fault.message, fault.cause, fault.tellable]).toEqual(["TypeError: no such method", cause, true]);
});
