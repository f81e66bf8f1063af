// A scene played against servers that are not as the scene says: the narration must notice.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOOPBACK } from "../../src/demo/listener.ts";
import { Narrator } from "../../src/demo/narrator.ts";
import { play } from "../../src/demo/play.ts";
import type { Scene, Step } from "../../src/demo/scenes.ts";

let directory: string;
let server: Server;
/** What the place does with a line before it answers "250 ok". */
let act: (line: string) => void;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "protowrap-play-"));
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      act(chunk.toString());
      socket.write("250 ok\r\n");
    });
  }).listen(0, LOOPBACK);
  await once(server, "listening");
});

afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const log = (text: string) => appendFileSync(join(directory, "log"), `${text}\n`);
const record = (text: string) => appendFileSync(join(directory, "record"), text);

async function tell(step: Partial<Step>): Promise<{ wrong: number; text: string }> {
  const scene: Scene = {
    title: "T",
    service: "smtp",
    steps: [{ send: "noop\r\n", reply: /^250 /, ...step }],
  };
  const { port } = server.address() as AddressInfo;
  const place = {
    port,
    command: [],
    log: join(directory, "log"),
    record: join(directory, "record"),
    certificate: null,
  };
  let text = "";
  const wrong = await play(scene, place, new Narrator((piece) => (text += piece), false));
  return { wrong, text };
}

function passes(line: string): void {
  log("event=command line=NOOP");
  record(line.toUpperCase());
}

function refuses(): void {
  log('event=refused rule=relay line="NOOP" reply="550 no"');
}

test("a step is told as log and record have it", async () => {
  act = passes;
  const { wrong, text } = await tell({ server: /^NOOP\r\n$/, remark: "remark" });
  expect(wrong).toBe(0);
  expect(text).toBe(
    [
      ...["", "T", "", "  client    noop", "  wrapper   passed, written anew", "  server    NOOP"],
      ...["  reply     250 ok", "            remark", ""],
    ].join("\n"),
  );
});

test("a refusal is told with its rule", async () => {
  act = refuses;
  const { wrong, text } = await tell({ refused: /^relay$/, notServer: /./ });
  expect(wrong).toBe(0);
  expect(text).toContain("  wrapper   refused by rule relay\n  server    (saw nothing)\n");
});

const endsIt = () => log("event=tls-failed reason=injected");
const secures = () => log("event=tls tls=TLSv1.3 cipher=TLS_X cert=mail.demo.test");

test("a handshake, and one that there is not, are told as the log has them", async () => {
  act = secures;
  const { wrong, text } = await tell({ secures: true });
  expect(wrong).toBe(0);
  expect(text).toContain("  TLS       TLSv1.3, TLS_X, with the certificate of mail.demo.test\n");
  act = endsIt;
  const ended = await tell({ failed: /^injected$/ });
  expect(ended.wrong).toBe(0);
  expect(ended.text).toContain("  wrapper   ended the session, no TLS: injected\n");
});

for (const [what, acts, step] of [
  ["TLS that fails", endsIt, {}],
  ["TLS that should fail", passes, { failed: /^injected$/ }],
  ["TLS that fails for another reason", endsIt, { failed: /^eof$/ }],
  ["TLS that nobody asked for", secures, {}],
  ["a reply that is another", passes, { reply: /^550 / }],
  ["a refusal that should not be", refuses, {}],
  ["a refusal that is missing", passes, { refused: /^relay/ }],
  ["a refusal by another rule", refuses, { refused: /^bare-newline/ }],
  ["a server that saw something else", passes, { server: /^QUIT/ }],
  ["a server that saw too much", passes, { notServer: /NOOP/ }],
] as const) {
  test(`${what} is noticed`, async () => {
    act = acts;
    const { wrong, text } = await tell(step);
    expect(wrong).toBe(1);
    expect(text).toContain("  WRONG     ");
  });
}
