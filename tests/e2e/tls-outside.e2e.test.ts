// A protocol from outside has TLS by the same word as ours: `secure`.

import { describe, expect } from "bun:test";
import { join } from "node:path";
import { part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { SITUATIONS, TlsFront, tlsNeeds } from "./parts/tlsfront.ts";

const MODULE = join(import.meta.dir, "../examples/secured/secured.ts");
const LINE = /^[A-Z]+ [^\r\n]*\r\n/;

function server(scratch: Scratch): string[] {
  const script = `
say() { printf '%s\\r\\n' "$1"; }
say 'OK hello'
while read -r line; do line=\${line%?}; printf '%s\\n' "$line" >>"$0/heard"; say "OK heard $line"; [ "$line" = QUIT ] && exit; done`;
  return ["/bin/sh", "-c", script, scratch.path];
}

for (const situation of SITUATIONS)
  describe(`A protocol from outside, ${situation}`, () => {
    part("speaks TLS when it is asked to", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const plan = { protocol: MODULE, mode: "optional", server: server(scratch) };
      await using front = await TlsFront.stand(situation, scratch, plan);
      await using visit = await front.come();
      const { client } = visit;
      expect(await client.talk.read(LINE)).toBe("OK STARTTLS, QUIT\r\n");
      expect(await client.talk.ask("OPEN", LINE)).toBe("NO STARTTLS first\r\n");
      expect(await client.talk.ask("STARTTLS", LINE)).toBe("OK begin TLS now\r\n");
      await client.secure();
      expect(await client.talk.ask("OPEN", LINE)).toBe("OK heard OPEN\r\n");
      expect(await client.talk.ask("STARTTLS", LINE)).toBe("NO TLS is spoken\r\n");
      expect(await client.talk.ask("QUIT", LINE)).toBe("OK heard QUIT\r\n");
      expect(await client.ended).toBe("notify");
      client.end();
      await visit.end();
      expect(front.heard).toEqual(["WHAT", "WHAT", "OPEN", "QUIT"]);
    });

    part("says its own last words to who injects", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const plan = { protocol: MODULE, mode: "optional", server: server(scratch) };
      await using front = await TlsFront.stand(situation, scratch, plan);
      await using visit = await front.come();
      await visit.client.talk.read(LINE);
      visit.client.raw("STARTTLS\r\nOPEN\r\n");
      expect(await visit.client.talk.end()).toBe("BYE something behind STARTTLS\r\n");
      await visit.end();
      expect(visit.log()).toMatch(/event=tls-failed reason=injected\n/);
      expect(front.heard).toEqual(["WHAT"]);
    });

    part("has it from the first octet on, whatever it is", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const plan = { protocol: MODULE, mode: "implicit", server: server(scratch) };
      await using front = await TlsFront.stand(situation, scratch, plan);
      await using visit = await front.come();
      await visit.client.secure();
      expect(await visit.client.talk.read(LINE)).toBe("OK OPEN, QUIT\r\n");
      expect(await visit.client.talk.ask("OPEN", LINE)).toBe("OK heard OPEN\r\n");
    });
  });
