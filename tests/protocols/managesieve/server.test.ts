// The forms of a server's answers, line by line: a status, lines before one, a script that passes; and what is none.

import { describe, expect, test } from "bun:test";
import { Server } from "../../../src/protocols/managesieve/server.ts";
import type { Word } from "../../../src/protocols/managesieve/strings.ts";
import { bodyOf, isListening } from "../../../src/protocols/next.ts";
import type { Step } from "../../../src/protocols/protocol.ts";

/** A server that has greeted, and all that it was heard to say in lines. */
function greeted(): { server: Server; heard: (readonly Word[])[] } {
  const heard: (readonly Word[])[] = [];
  const server = new Server((words) => {
    heard.push(words);
    return { next: "command" };
  });
  server.line("OK");
  return { server, heard };
}

function asking(command = 'GETSCRIPT "a"', how: "script" | "list" | "status" = "script"): Server {
  const { server } = greeted();
  const [verb = "", ...words] = command.replaceAll('"', "").split(" ");
  if (how === "script") server.askScript({ verb, words });
  else if (how === "list")
    server.askList({ verb, words }, ([name]) => (name?.kind === "string" ? `${name.text}\r\n` : null));
  else server.ask({ verb, words }, () => ({ client: "heard\r\n", next: "command" }));
  return server;
}

function octetsOf(step: Step | "fault"): number | null {
  const next = step === "fault" ? null : step.next;
  if (!isListening(next)) return null;
  const reading = next.server;
  return reading !== null && typeof reading === "object" && "octets" in reading ? reading.octets : null;
}

describe("a line of words", () => {
  test("is whole with what stands behind the octets that it announces", () => {
    const { server } = greeted();
    const heard: (readonly Word[])[] = [];
    server.send("A\r\n", (words) => {
      heard.push(words);
      return { next: "reply" };
    });
    expect(octetsOf(server.line('a "b" {3}'))).toBe(3);
    server.string("c\r\n");
    expect(octetsOf(server.line(" {0}"))).toBe(0);
    server.string("");
    expect(server.line("")).toEqual({ next: "reply" });
    server.line('"d"');
    expect(heard.map((words) => words.map(({ text }) => text))).toEqual([["a", "b", "c\r\n", ""], ["d"]]);
  });

  test("has no strings without end, and the next line has its own", () => {
    const server = asking("LISTSCRIPTS", "list");
    const say = (strings: number) => {
      let step = server.line('"a" {1}');
      for (let count = 1; count < strings && step !== "fault"; count++) {
        server.string("b");
        step = server.line(" {1}");
      }
      return step === "fault";
    };
    expect(say(8)).toBe(false);
    server.string("b");
    expect(server.line("")).toEqual({ part: "a\r\n", next: "reply" });
    expect(say(8)).toBe(false);
    expect(asking("NOOP", "status").line("OK {1}")).not.toBe("fault");
    server.string("b");
    server.line("");
    expect(say(9)).toBe(true);
  });

  test("behind octets begins with a blank", () => {
    const server = asking("NOOP", "status");
    server.line("OK {1}");
    server.string("a");
    expect(server.line("b")).toBe("fault");
  });

  test.each(["OK {5+}", "OK {65537}", "OK {05}", "  ", '"'])("is none that says %j", (line) =>
    expect(asking("NOOP", "status").line(line)).toBe("fault"),
  );

  test("announces 64 KiB at most", () => {
    expect(octetsOf(asking("NOOP", "status").line("OK {65536}"))).toBe(65536);
  });

  test("announces nothing where it is a greeting", () => {
    const server = new Server(() => ({ next: "reply" }));
    expect(server.line('"SIEVE" {5}')).toBe("fault");
  });
});

describe("a command that has a status alone", () => {
  test("has that", () =>
    expect(asking("NOOP", "status").line("NO")).toEqual({ client: "heard\r\n", next: "command" }));

  test("has nothing else", () => expect(asking("NOOP", "status").line('"a"')).toBe("fault"));
});

describe("a list", () => {
  test("is lines and a status", () => {
    const server = asking("LISTSCRIPTS", "list");
    expect([server.line('"a"'), server.line('"b"'), server.line('OK "done"')]).toEqual([
      { part: "a\r\n", next: "reply" },
      { part: "b\r\n", next: "reply" },
      { client: 'OK "done"\r\n', next: "command" },
    ]);
  });

  test("has no line that is none", () => expect(asking("LISTSCRIPTS", "list").line("a")).toBe("fault"));
});

describe("a script", () => {
  test("passes where it is announced, and its status follows", () => {
    const server = asking();
    const step = server.line("{70000}") as Step;
    expect(step.part).toBe("{70000}\r\n");
    expect(isListening(step.next) && [step.next.name, step.next.owed, bodyOf(step.next)?.ended]).toEqual([
      ...(["download", true, false] as const),
    ]);
    expect(server.isPassing).toBe(true);
    expect(server.line("")).toEqual({ part: "\r\n", next: "reply" });
    expect(server.isPassing).toBe(false);
    expect(server.line("OK")).toEqual({ client: "OK\r\n", next: "command" });
  });

  test("ends with its line", () => {
    const server = asking();
    server.line("{5}");
    expect(server.line(" ")).toBe("fault");
    expect(server.isPassing).toBe(true);
  });

  test("is written anew where it is quoted", () => {
    const server = asking();
    expect(server.line('"a\\"b"')).toEqual({ part: '"a\\"b"\r\n', next: "reply" });
    expect(server.line('NO "c"')).toMatchObject({ client: 'NO "c"\r\n', refused: "server" });
  });

  test("need not come", () => {
    const server = asking();
    expect(octetsOf(server.line("NO {3}"))).toBe(3);
    server.string("why");
    expect(server.line("")).toMatchObject({ client: 'NO "why"\r\n', told: { verb: "GETSCRIPT" } });
    expect(server.isPassing).toBe(false);
  });

  test.each(['"a" "b"', "a", '"a" OK', "{5+}"])("is none that says %j", (line) =>
    expect(asking().line(line)).toBe("fault"),
  );

  test("comes once", () => {
    const server = asking();
    server.line("{5}");
    server.line("");
    expect(octetsOf(server.line("{5}"))).toBe(5);
    server.string("keep;");
    expect(server.line("")).toBe("fault");
    const quoting = asking();
    quoting.line('"a"');
    expect(quoting.line('"a"')).toBe("fault");
  });

  test("may be taken back by the status behind it", () => {
    const server = asking();
    server.line("{5}");
    server.line("");
    expect(server.line("NO")).toMatchObject({ refused: "server", told: { verb: "GETSCRIPT" } });
  });

  test("is no other command's", () => {
    const server = asking();
    server.line("NO");
    server.askList({ verb: "LISTSCRIPTS", words: [] }, () => "");
    expect(octetsOf(server.line("{5}"))).toBe(5);
    expect(server.isPassing).toBe(false);
  });
});
