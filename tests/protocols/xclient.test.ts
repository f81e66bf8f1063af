// What a server is told of the client, and what the log tells of a server that did not want to hear it.

import { expect, test } from "bun:test";
import { writeXclient, XCLIENT_MISSING, xclientRefused } from "../../src/protocols/xclient.ts";

test.each([
  ["192.0.2.7", 51422, "XCLIENT ADDR=192.0.2.7 PORT=51422"],
  ["2001:db8::7", 1, "XCLIENT ADDR=2001:db8::7 PORT=1"],
  ["192.0.2.7", null, "XCLIENT ADDR=192.0.2.7"],
  ["192.0.2.7", 0, "XCLIENT ADDR=192.0.2.7"],
  [null, null, "XCLIENT ADDR=0.0.0.0"],
])("of %s, port %p: %s", (clientAddress, clientPort, written) =>
  expect(writeXclient({ clientAddress, clientPort })).toBe(`${written}\r\n`),
);

test("a server that does not hear it is told of, and so are the words of one that refuses", () => {
  expect(XCLIENT_MISSING).toEqual({ level: 1, event: "xclient", fields: { state: "missing" } });
  expect(xclientRefused("NO")).toEqual({
    ...{ level: 1, event: "xclient", fields: { state: "refused", said: "NO" } },
  });
});
