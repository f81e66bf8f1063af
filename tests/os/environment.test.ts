// What a server is started with: an environment built from nothing, and the places in its arguments.

import { describe, expect, test } from "bun:test";
import { serverArguments, serverEnvironment } from "../../src/os/environment.ts";

const NOBODY = { address: null, port: null };
const KNOWN = {
  client: { address: "192.0.2.7", port: 51422 },
  server: { address: "192.0.2.1", port: 25 },
};
const UNKNOWN = { client: NOBODY, server: NOBODY };

describe("the environment", () => {
  test("tells what is known under every name servers read, and nothing else", () => {
    expect(serverEnvironment(KNOWN, "Europe/Vienna", false)).toEqual({
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C",
      TZ: "Europe/Vienna",
      PROTO: "TCP",
      TCPREMOTEIP: "192.0.2.7",
      TCPREMOTEPORT: "51422",
      TCPLOCALIP: "192.0.2.1",
      TCPLOCALPORT: "25",
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "51422",
      REMOTE_HOST: "192.0.2.7",
    });
  });

  test("has no name without a value", () => {
    expect(serverEnvironment(UNKNOWN, undefined, false)).toEqual({
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C",
    });
    const addressOnly = { client: { address: "2001:db8::7", port: null }, server: NOBODY };
    expect(Object.keys(serverEnvironment(addressOnly, undefined, false)).sort()).toEqual(
      ["LANG", "PATH", "PROTO", "REMOTE_ADDR", "REMOTE_HOST", "TCPREMOTEIP"].sort(),
    );
  });
});

describe("the arguments", () => {
  test("are filled in where they ask for it, as often as they do", () => {
    expect(
      serverArguments(
        ["/x", "-oMa", "{client_ip}.{client_port}", "{server_ip}:{server_port}{client_ip}"],
        KNOWN,
        false,
      ),
    ).toEqual(["/x", "-oMa", "192.0.2.7.51422", "192.0.2.1:25192.0.2.7"]);
  });

  test("an unknown client is one no server trusts", () => {
    expect(
      serverArguments(["/x", "{client_ip}.{client_port}", "{server_ip}.{server_port}"], UNKNOWN, false),
    ).toEqual(["/x", "0.0.0.0.0", "0.0.0.0.0"]);
  });

  test.each([
    ["{other}"],
    ["{client}"],
    ["{CLIENT_IP}"],
    ["{}"],
    ["client_ip"],
    ["{constructor}"],
    ["{toString}"],
  ])("%s is no place to fill in", (arg) => {
    expect(serverArguments(["/x", arg], KNOWN, false)).toEqual(["/x", arg]);
  });

  test("the path stays as it is", () => {
    expect(serverArguments(["/x/{client_ip}"], KNOWN, false)).toEqual(["/x/{client_ip}"]);
  });
});
