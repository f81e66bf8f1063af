// What a server hears of its clients, in the words of `check`.

import { expect, test } from "bun:test";
import { learningRows } from "../../../src/cli/check/learning.ts";
import { RUN_OPTIONS } from "../../../src/options/run.ts";
import { serverOf } from "../../../src/options/server.ts";
import { settled } from "../../settled.ts";

const TCP = ["--connect", "192.0.2.1:25"];
const ADDRESS =
  "by the PROXY protocol v2, before all else, the client's address and port, and where it came to";
const UNKNOWN =
  "that a client is unknown: version 1 has no address for one, and Dovecot takes it for this host";
const TLS = "that the client speaks TLS: a server that wants it before a login must be told to do without";
const NOBODY = "who the client is: the server's own rules, limits, log and traces are about this host";
const NAME = "the client's host name: no rule of the server by name matches";
const XCLIENT = "by XCLIENT, if it offers that, the client's address and port, and in SMTP its hello";
const secured = (mode: string) => ["--tls", mode, "--tls-cert", "/c.pem"];

test.each([
  ["pop3", ["--", "/bin/a"], "the client's address and port, by its environment", null],
  [
    "pop3",
    [...secured("optional"), "--", "/bin/a"],
    "the client's address and port, by its environment",
    TLS,
  ],
  ["line", TCP, null, NOBODY],
  ["smtp", TCP, null, NOBODY],
  ["line", [...TCP, "--send-proxy", "v2"], ADDRESS, null],
  [
    "line",
    [...TCP, "--send-proxy", "v2", ...secured("implicit")],
    `${ADDRESS}, and by which TLS it speaks`,
    null,
  ],
  [
    "line",
    [...TCP, "--send-proxy", "v1", ...secured("implicit")],
    ADDRESS.replace("v2", "v1"),
    `${UNKNOWN}; ${TLS}`,
  ],
  ["smtp", [...TCP, "--send-proxy", "v2", ...secured("required")], ADDRESS, TLS],
  ["smtp", [...TCP, "--xclient"], XCLIENT, NAME],
  ["pop3", [...TCP, "--xclient", "--send-proxy", "v2"], `${ADDRESS}; ${XCLIENT}`, NAME],
  ["smtp", [...TCP, ...secured("optional")], null, `${NOBODY}; ${TLS}`],
] as const)("%s %j", async (name, argv, learns, lost) => {
  const relay = name === "smtp" ? ["--relay-domain", "a.test"] : [];
  const { protocol, settings } = await settled(name, ...relay, ...argv);
  const plan = await serverOf(protocol, settings);
  const rows = learningRows(protocol.options, settings, plan, settings.read(RUN_OPTIONS));
  expect(rows).toEqual([
    ...(learns === null ? [] : [["learns", learns] as const]),
    ...(lost === null ? [] : [["lost", lost] as const]),
  ]);
});
