// A client that speaks TLS where nobody does from the first octet on: it is told so in one line, and that is all.

import { describe, expect } from "bun:test";
import { hello, OPENSSL } from "../wire/hellos.ts";
import { part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { SITUATIONS, TlsFront, tlsNeeds } from "./parts/tlsfront.ts";

const LINES = {
  smtp: /^500 5\.5\.2 [^\r\n]+\r\n$/,
  pop3: /^-ERR [^\r\n]+\r\n$/,
  managesieve: /^NO [^\r\n]+\r\n$/,
} as const;

for (const situation of SITUATIONS)
  for (const protocol of ["smtp", "pop3", "managesieve"] as const)
    describe(`A handshake on a plain port, ${protocol}, ${situation}`, () => {
      for (const mode of ["off", "optional"] as const)
        part(
          `with --tls ${mode} is answered with one line, and the server hears nothing`,
          tlsNeeds,
          async () => {
            await using scratch = new Scratch();
            const certificates = mode === "off" ? [] : undefined;
            await using front = await TlsFront.stand(situation, scratch, {
              ...{ protocol, mode },
              ...(certificates === undefined ? {} : { certificates }),
            });
            for (const octets of [OPENSSL, hello({ padding: 1500 }), OPENSSL.subarray(0, 2)]) {
              await using visit = await front.come();
              visit.client.raw(octets);
              const said = await visit.client.talk.end();
              // It may have been greeted before it spoke.
              const [last] = said.split(/^(?:220 |\+OK |(?:"[^\r\n]*\r\n)+OK )[^\r\n]*\r\n/).slice(-1);
              expect(last).toMatch(LINES[protocol]);
              await visit.end();
              expect(visit.log()).toMatch(/event=end reason=refused /);
            }
            expect(front.heard).toEqual([]);
          },
        );
    });
