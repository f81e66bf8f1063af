// A rule of --block-body that is out of proportion, in the built program: the message is refused for now, whoever looks
// after the log is told which rule it was, and clients of the same worker hardly wait.

import { describe, expect } from "bun:test";
import { until } from "./parts/deadline.ts";
import { built, option, part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { greetedBy, intoData } from "./parts/speech.ts";
import { Standing } from "./parts/standing.ts";

/** Forty seconds of processor time a megabyte. */
const COSTLY = ".{500}.{500}Q";

describe("A rule that takes too long", () => {
  part(
    "is told of, and no other session of the worker hangs",
    [built, option("smtp", "listen")],
    async () => {
      await using scratch = new Scratch();
      const rules = ["viagra", COSTLY].flatMap((rule) => ["--block-body", rule]);
      await using standing = await Standing.start(scratch, {
        options: ["--workers", "1", "--max-errors", "0", ...rules],
      });
      await using slow = await standing.dial("127.0.0.5");
      await using other = await standing.dial("127.0.0.6");
      await intoData(slow);
      await greetedBy(other);
      const text = `${"some words of a text ".repeat(45)}\r\n`.repeat(2000);
      const sent = slow.send(`a: b\r\n\r\n${text}.\r\n`);
      let longest = 0;
      const began = performance.now();
      while (performance.now() - began < 3000) {
        const asked = performance.now();
        expect(await other.ask("NOOP")).toStartWith("250 ");
        longest = Math.max(longest, performance.now() - asked);
        await Bun.sleep(20);
      }
      await sent;
      expect(await slow.read(/^[^\n]*\n/, 10_000)).toBe(
        "451 4.3.0 Message content takes too long to judge\r\n",
      );
      // Two megabytes would take it more than a minute.
      expect(longest).toBeLessThan(1500);
      const line = await until("a line about it", () => /event=costly-rule .*/.exec(standing.log)?.[0]);
      expect(line).toMatch(/rule="block-body#2" octets=\d+ seconds=\d/);
      expect(standing.log).toMatch(/event=refused rule=rule-cost by=us verb=DATA reply="451 4\.3\.0/);
      await Bun.sleep(100);
      expect(standing.fates).not.toContain("half");
    },
  );
});
