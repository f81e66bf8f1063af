// Whose words there are, and as which program each speaks.

import { describe, expect, test } from "bun:test";
import { RUN_OPTIONS } from "../../src/options/run.ts";
import { DIALECTS, dialectOf } from "../../src/record/dialect.ts";

const nobody = { address: null, port: null };
const whose = {
  ends: { client: nobody, server: nobody },
  session: "s.1",
  daemons: { postfix: "smtpd", dovecot: "submission-login" },
};

describe("a dialect", () => {
  test.each([
    ["postfix", "postfix/smtpd"],
    ["dovecot", "dovecot"],
  ] as const)("%s speaks as %s", (name, program) => {
    expect(dialectOf(name, whose).program).toBe(program);
  });

  test("is one of the option's, besides none", () => {
    const choices: readonly string[] = RUN_OPTIONS["log-dialect"].takes.of;
    expect(choices).toEqual(["none", ...Object.keys(DIALECTS)]);
  });
});
