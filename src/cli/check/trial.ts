// The rules about messages, tried on mails that somebody has: each goes through the very scanner that a session sends a
// client's through. Knows how a mail comes to look as it does on its way; no rule by name.

import type { Row } from "../../protocols/protocol.ts";
import { formatValue } from "../../record/format.ts";
import { Stuffer } from "../../sink/dots.ts";
import { CrlfText } from "../../sink/newlines.ts";
import type { Body } from "../../wire/body.ts";
import { decode, encode } from "../../wire/latin1.ts";
import { TERMINATOR } from "../../wire/message.ts";
import { type Finding, warning } from "./finding.ts";
import { type Visitor, visit } from "./mailbox.ts";

/** What became of a mailbox. */
export interface Tried {
  readonly rows: readonly Row[];
  /** A line for each mail that would be refused. */
  readonly refused: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * @param where the option that names the mailbox
 * @param body makes what scans a message
 * @throws UsageError where there is no mailbox, or no mail in it
 */
export function tried(path: string, where: string, body: () => Body): Tried {
  const trial = new Trial(body);
  visit(path, where, trial);
  const { mails, refused, lost } = trial;
  const findings: Finding[] = [];
  const by = trial.rules.map(([rule, count]) => `${count} by ${rule}`).join(", ");
  if (refused.length > 0)
    findings.push(warning(where, `${refused.length} of ${many(mails)} would be refused: ${by}`));
  if (lost > 0)
    findings.push(warning(where, `${many(lost)} cannot be read, first of all ${trial.firstLost}`));
  const rows: Row[] = [
    ["tried", `${many(mails)} of ${path}`],
    ["refused", refused.length === 0 ? "none of them would be" : `${refused.length} of them would be: ${by}`],
  ];
  return { rows, refused, findings };
}

function many(mails: number): string {
  return `${mails} mail${mails === 1 ? "" : "s"}`;
}

class Trial implements Visitor {
  readonly #body: () => Body;
  readonly #rules = new Map<string, number>();
  readonly refused: string[] = [];
  mails = 0;
  /** Those that could not be read. */
  lost = 0;
  firstLost = "";
  #mail: Mail | null = null;

  constructor(body: () => Body) {
    this.#body = body;
  }

  /** How many each would refuse, the most first. */
  get rules(): readonly (readonly [rule: string, count: number])[] {
    return [...this.#rules].sort(([, one], [, other]) => other - one);
  }

  begin(name: string): void {
    this.#mail = new Mail(name, this.#body());
  }

  octets(view: Uint8Array): void {
    this.#mail!.octets(view);
  }

  end(): void {
    const { name, id, rule } = this.#mail!.end();
    this.mails++;
    if (rule === null) return;
    this.#rules.set(rule, (this.#rules.get(rule) ?? 0) + 1);
    this.refused.push(`rule=${formatValue(rule)} message-id=${formatValue(id)} mail=${formatValue(name)}`);
  }

  onLost(name: string, why: string): void {
    if (this.lost === 0) this.firstLost = `${formatValue(name)}: ${why}`;
    this.lost++;
  }
}

/** Octets of a mail in which its Message-ID is looked for. */
const HEADER = 65536;
const MESSAGE_ID = /^message-id[ \t]*:((?:.|\r?\n[ \t])*)/im;

/** One mail on its way. */
class Mail {
  readonly #name: string;
  readonly #body: Body;
  readonly #lines = new CrlfText();
  readonly #dots = new Stuffer();
  #header = "";

  constructor(name: string, body: Body) {
    this.#name = name;
    this.#body = body;
  }

  octets(view: Uint8Array): void {
    const left = HEADER - this.#header.length;
    if (left > 0) this.#header += decode(view, 0, Math.min(left, view.length));
    this.#scan(this.#dots.push(this.#lines.push(view)));
  }

  /** @returns what is told of it: the rule that refuses it, or null */
  end(): { readonly name: string; readonly id: string; readonly rule: string | null } {
    this.#scan(this.#dots.push(this.#lines.end()));
    this.#scan(encode(TERMINATOR));
    return { name: this.#name, id: this.#id, rule: this.#body.fault };
  }

  get #id(): string {
    const [header = ""] = this.#header.split(/\r?\n\r?\n/, 1);
    return (MESSAGE_ID.exec(header)?.[1] ?? "").replaceAll(/\s+/g, " ").trim();
  }

  /** Once it is refused nothing of the rest matters. */
  #scan(octets: Uint8Array): void {
    if (this.#body.fault === null && octets.length > 0) this.#body.scan(octets, 0, () => {});
  }
}
