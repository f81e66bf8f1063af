// Redis that says nothing any more on a connection, or what it never should: a made-up one, which answers as it is told.

import { afterEach, describe, expect, test } from "bun:test";
import type { RedisPlace } from "../../src/throttle/place.ts";
import { RedisCounter } from "../../src/throttle/redis.ts";

const ATTEMPT = { network: "192.0.2.1", wider: "192.0.2.0", user: "u", tag: 7 };

/** What it says of EVAL. */
type Said = string;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** @param isMute of each connection, from its second command on */
function redis(said: Said, isMute: (connection: number) => boolean = () => false) {
  let connections = 0;
  const server = Bun.listen<{ number: number; heard: number }>({
    ...{ hostname: "127.0.0.1", port: 0 },
    socket: {
      open: (socket) => {
        socket.data = { number: ++connections, heard: 0 };
      },
      data(socket, octets) {
        const text = octets.toString().toUpperCase();
        if (text.includes("HELLO")) return void socket.write("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n");
        if (++socket.data.heard > 1 && isMute(socket.data.number)) return;
        socket.write(text.includes("PING") ? "+PONG\r\n" : said);
      },
    },
  });
  const counter = new RedisCounter(placeOf(server.port));
  closing.push(
    () => counter.close(),
    () => server.stop(true),
  );
  return { counter, connections: () => connections };
}

function placeOf(port: number): RedisPlace {
  return {
    ...{ kind: "redis", host: "127.0.0.1", port, database: 0 },
    ...{ isTls: false, user: null, password: null, ca: null },
  };
}

const array = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;

test("A connection on which no answer comes is given up for another", async () => {
  const { counter, connections } = redis(array("try", "0", "network"), (number) => number === 1);
  await counter.look();
  expect(counter.look()).rejects.toThrow("no answer within 1 s");
  await Bun.sleep(1200);
  await counter.look();
  expect(connections()).toBe(2);
});

describe("What it says of a login is", () => {
  test("taken where it has the form", async () => {
    expect(await redis(array("try", "3", "network user")).counter.ask(ATTEMPT)).toEqual({
      ...{ isAllowed: true, delay: 3, isRepeat: false, charged: ["network", "user"] },
    });
  });

  test.each([
    array("try", "9e99", "network"),
    array("later", "NaN"),
    array("try", "0", "__proto__"),
    array("no", "0"),
    "+OK\r\n",
    ":7\r\n",
  ])("nothing where it has not: %j", async (said) => {
    expect(redis(said).counter.ask(ATTEMPT)).rejects.toThrow("the answer of Redis is none of ours");
  });
});
