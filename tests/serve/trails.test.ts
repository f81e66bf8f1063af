// Which services a client came through, told by both ends of its connection.

import { expect, test } from "bun:test";
import { Trails } from "../../src/serve/trails.ts";

const at = (port: number, address = "127.0.0.1") => ({ address, port });
const from = (client: number, server: number) => ({ client: at(client), server: at(server) });
const nowhere = () => null;

test("a client that is our own connection came through what led there", () => {
  const trails = new Trails();
  trails.lead(new Set(["a"]), from(40000, 25));
  expect([...trails.to(from(40000, 25), nowhere)]).toEqual(["a"]);
  expect([...trails.to(from(40001, 25), nowhere)]).toEqual([]);
});

test("one that has the same port, and goes to somewhere else, is another", () => {
  const trails = new Trails();
  trails.lead(new Set(["a"]), from(40000, 25));
  trails.lead(new Set(["b"]), from(40000, 26));
  expect([...trails.to(from(40000, 27), nowhere)]).toEqual([]);
  expect([...trails.to(from(40000, 26), nowhere)]).toEqual(["b"]);
});

test("one that a firewall sent here is known by where it wanted to go, asked for only then", () => {
  const trails = new Trails();
  trails.lead(new Set([null]), { client: at(40000), server: at(25, "192.0.2.1") });
  expect([...trails.to(from(40000, 2525), () => at(25, "192.0.2.1"))]).toEqual([null]);
  expect([...trails.to(from(40000, 2525), () => at(26, "192.0.2.1"))]).toEqual([]);
  const asked = () => {
    throw new Error("asked");
  };
  expect([...trails.to(from(40001, 2525), asked)]).toEqual([]);
  expect([...trails.to({ client: at(40000), server: at(25, "192.0.2.1") }, asked)]).toEqual([null]);
});

test("one that is over leads nowhere, and what took its place stays", () => {
  const trails = new Trails();
  const end = trails.lead(new Set(["a"]), from(40000, 25));
  const other = trails.lead(new Set(["b"]), from(40000, 26));
  end();
  expect([...trails.to(from(40000, 25), nowhere)]).toEqual([]);
  expect([...trails.to(from(40000, 26), nowhere)]).toEqual(["b"]);
  trails.lead(new Set(["c"]), from(40000, 26));
  other();
  expect([...trails.to(from(40000, 26), nowhere)]).toEqual(["c"]);
});
