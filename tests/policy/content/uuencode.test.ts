import { expect, test } from "bun:test";
import { Uuencode } from "../../../src/policy/content/uuencode.ts";

function decoded(...lines: string[]): string {
  let text = "";
  const uuencode = new Uuencode((octet) => (text += String.fromCharCode(octet)));
  for (const line of lines) for (const octet of Buffer.from(`${line}\r\n`, "latin1")) uuencode.decode(octet);
  uuencode.end();
  return text;
}

const HELLO = "%:&5L;&\\"; // "hello"

test.each([
  [["begin 644 x", HELLO, "`", "end"], "hello"],
  [["text", "begin", "beginning 644 x", "begin x 644", HELLO], ""],
  [["begin 644", HELLO, "end", HELLO], "hello"],
  [["begin 0o600 a name", HELLO, "end  ", "begin 6 y", HELLO], "hellohello"],
  [["begin +644 x", HELLO, "end", "begin 0O6_4_4", HELLO, "end", "begin 6__4", HELLO], "hellohello"],
  // The next beginning counts, though nothing has ended.
  [["begin 644 x", "begin 644 y", HELLO], "hello"],
  [["begin 644 x", "#    ", "#"], "\0\0\0\0\0\0"],
  [["begin-base64 644 x", "aGVs", "bG8=", "====", "aGVs"], "hello"],
  [["begin 644 x", `M${"x".repeat(300)}`], decoded("begin 644 x", `M${"x".repeat(60)}`)],
])("%p holds %p", (lines, text) => {
  expect(decoded(...lines)).toBe(text);
});
