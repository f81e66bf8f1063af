// Guessing passwords through the built program is slower than without it. scripts/guesses has the figures.

import { describe, expect } from "bun:test";
import { guess } from "./parts/guesser.ts";
import { built, part, program } from "./parts/missing.ts";
import { popa3d, popa3dNeeds } from "./parts/popa3d.ts";
import { Scratch } from "./parts/scratch.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { wrapped } from "./parts/wrapper.ts";

describe("Passwords of popa3d", () => {
  part(
    "are guessed more slowly through the wrapper, whose floor is longer than popa3d's own delay",
    [built, program("tcpserver"), ...popa3dNeeds],
    async () => {
      await using scratch = new Scratch();
      const server = popa3d(scratch);
      await using alone = await tcpserver(scratch, server.argv);
      await using behind = await tcpserver(scratch, wrapped("pop3", server, "--log", "none"));
      const [without, through] = await Promise.all([
        guess(alone.port, 12_000, 4),
        guess(behind.port, 12_000, 4),
      ]);
      expect(through.answered).toBeGreaterThan(0); // slower, not broken
      expect(through.answered).toBeLessThan((without.answered * 5) / 6);
    },
  );
});
