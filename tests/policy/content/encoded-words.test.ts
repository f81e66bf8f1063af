import { expect, test } from "bun:test";
import { decodeWords } from "../../../src/policy/content/encoded-words.ts";

test.each([
  ["Subject: hi", null],
  ["Subject: =?UTF-8?B?SUxPVkVZT1U=?=", "Subject: ILOVEYOU"],
  ["=?us-ascii?q?I_LOVE=59OU?= there", "I LOVEYOU there"],
  ["=?a?Q?I?= \t =?b?B?TE9WRQ==?==?c?q?YOU?=", "ILOVEYOU"],
  ["=?a?Q?I?= and =?a?Q?you?=", "I and you"],
  ["  =?a?Q?I?=", "  I"],
  ["=?utf-8*en?Q?x?=", "x"],
  ["=?utf-8?Q?two words?=", "two words"],
  ["=?utf-8?Q?=C3=A9=ZZ?=", "\xc3\xa9=ZZ"],
  ["=?x?Q? =?utf-8?B?SUxP?=", "=?x?Q? ILO"], // a broken one does not hide the next
  ["=?x?Q?open", null],
  ["=?x?X?no?= =?=?=?Q?x?=", "=?x?X?no?= =?x"],
  ["=?x y?Q?no?=", null],
])("%p is %p", (text, decoded) => {
  expect(decodeWords(text)).toBe(decoded);
});
