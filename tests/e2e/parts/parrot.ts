// Knows a server that repeats what it is told, in its replies and on its standard error, as it came and
// decoded, at once and later: the worst that can happen to a secret behind the wrapper.

import { type Need, program } from "./missing.ts";
import type { Command } from "./wrapper.ts";

const script = `
import base64, sys
kind = sys.argv[1]
heard, data = "nothing", 0
def say(text):
    print(text, end="\\r\\n", flush=True)
def forms(text):
    found = [text, base64.b64encode(text.encode("latin-1")).decode()]
    for word in text.split(" "):
        try:
            plain = base64.b64decode(word, validate=True).decode("latin-1")
            last = plain.replace("\\0", " ").split(" ")[-1]
            found += [plain.replace("\\0", ":"), last, base64.b64encode(last.encode("latin-1")).decode()]
        except ValueError:
            pass
    return "".join(c if " " <= c <= "~" else "?" for c in " ".join(found))
say("220 parrot ESMTP" if kind == "smtp" else "+OK parrot <1.2@parrot>")
for line in sys.stdin:
    text = line.rstrip("\\r\\n")
    verb = text.split(" ")[0].upper()
    print("heard", forms(text), file=sys.stderr, flush=True)
    if data > 0 and text != "*":
        heard, data = forms(text), data - 1
        if data > 0:
            say(("334 " if kind == "smtp" else "+ ") + base64.b64encode(heard.encode("latin-1")).decode())
        else:
            say(("535 5.7.8 no: " if kind == "smtp" else "-ERR no: ") + heard)
        continue
    data = 0
    if verb == "*":
        say(("501 5.7.0 cancelled: " if kind == "smtp" else "-ERR cancelled: ") + heard)
    elif verb == "AUTH":
        words = text.split(" ")
        data = (2 if words[1] == "LOGIN" else 1) - (len(words) - 2)
        if data > 0:
            say("334 " if kind == "smtp" else "+ ")
        else:
            heard = forms(words[2])
            say(("535 5.7.8 no: " if kind == "smtp" else "-ERR no: ") + heard)
    elif verb == "EHLO":
        say("250-parrot")
        say("250 AUTH PLAIN LOGIN")
    elif verb == "QUIT":
        say(("221 bye, " if kind == "smtp" else "+OK bye, ") + heard)
        break
    elif verb in ("PASS", "APOP"):
        heard = forms(text.split(" ")[-1])
        say("-ERR no: " + heard)
    else:
        say(("250 2.0.0 ok " if kind == "smtp" else "+OK ") + heard)
`;

/** The user is the one `wrapped` drops to. */
export function parrot(kind: "smtp" | "pop3"): Command {
  return { argv: ["/usr/bin/python3", "-I", "-S", "-B", "-u", "-c", script, kind], user: "nobody" };
}

export const parrotNeeds: readonly Need[] = [program("python3")];
