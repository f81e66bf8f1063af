// A real finger daemon behind the built program. It insists on a socket, so it is reached over TCP.

import { describe, expect } from "bun:test";
import { dial } from "./parts/conversation.ts";
import { built, part, program, unpacked, user } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { connected } from "./parts/wrapper.ts";

const fingerd = unpacked("fingerd", "usr/sbin/in.fingerd");
const needs = [built, fingerd, program("finger"), program("tcpserver"), user("kituser")];

describe("A finger daemon behind the wrapper", () => {
  for (const query of ["kituser", "/W kituser", ""]) {
    part(`answers ${JSON.stringify(query)} as without it`, needs, async () => {
      await using scratch = new Scratch();
      await using daemon = await tcpserver(scratch, [fingerd.path]);
      await using wrapper = await tcpserver(scratch, connected("finger", daemon.port, "--log", "none"));
      const answers: string[] = [];
      for (const port of [daemon.port, wrapper.port]) answers.push(await finger(port, query));
      expect(answers[1]).toBe(answers[0]!);
      expect(answers[1]).toMatch(query.includes("user") ? /^Login: kituser\b/ : /^[^\r\n]+\r?\n/);
    });
  }

  for (const query of ["kituser@localhost", "@localhost", "-l", "kituser;id"]) {
    part(`is not asked ${JSON.stringify(query)}`, needs, async () => {
      await using scratch = new Scratch();
      const asked = `${scratch.path}/asked`;
      const witness = ["/bin/sh", "-c", `head -n 1 >${asked}; exec ${fingerd.path} <${asked}`];
      await using daemon = await tcpserver(scratch, witness);
      await using wrapper = await tcpserver(scratch, connected("finger", daemon.port, "--log", "none"));
      expect(await finger(wrapper.port, query)).toMatch(
        /^Finger (?:forwarding service denied|query refused)\r\n$/,
      );
      await scratch.quiet([daemon.pid, wrapper.pid]);
      expect(await Bun.file(asked).text()).toBe("");
    });
  }
});

async function finger(port: number, query: string): Promise<string> {
  await using talk = await dial(port);
  await talk.send(`${query}\r\n`);
  return await talk.end(); // not before that is the connection let go
}
