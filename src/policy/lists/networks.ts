// Whether an address is in one of the networks of a list (pure). A list that is asked once or twice, by a process that
// has one client, is gone through by one expression, at half a gigabyte a second, which stops only at lines that may
// have the address, and at those that are no network; one that is asked more often becomes a table.

import { addressOctets, contains, type Network, parseNetwork } from "../network.ts";
import { EntryError, entriesOf, entryIn, type ListText, lineAt } from "./entries.ts";

/** Questions before it becomes a table. */
const FEW = 4;

/** By how many bits of theirs count, the networks of a family, as `keyOf` writes them. */
type Family = ReadonlyMap<number, ReadonlySet<string>>;

export class NetworkList {
  readonly #text: ListText;
  #asked = 0;
  #table: ReadonlyMap<number, Family> | null = null;

  constructor(text: ListText) {
    this.#text = text;
  }

  /** @throws EntryError for a line that is no network */
  has(address: string | null): boolean {
    const octets = address === null ? null : addressOctets(address);
    if (octets === null) return false;
    if (this.#table === null && ++this.#asked <= FEW) return this.#search(octets, stops(octets));
    this.#table ??= tableOf(this.#text);
    for (const [bits, networks] of this.#table.get(octets.length)!)
      if (networks.has(keyOf({ octets, bits }))) return true;
    return false;
  }

  /** @throws EntryError for a line that is no network */
  prove(): void {
    this.#search(null, PROVING);
  }

  /** @param octets null for nobody's */
  #search(octets: Uint8Array | null, stops: RegExp): boolean {
    const text = this.#text;
    let has = false;
    stops.lastIndex = 0;
    for (let stop = stops.exec(text); stop !== null; stop = stops.exec(text)) {
      const start = stop.index + 1;
      const entry = entryIn(text.slice(start, text.indexOf("\n", start)), "behind");
      if (entry === "") continue;
      const network = parseNetwork(entry);
      if (network === null) throw new EntryError(lineAt(text, start, "behind").number, entry);
      has ||= octets !== null && contains(network, octets);
    }
    return has;
  }
}

/** @throws EntryError for a line that is no network */
function tableOf(text: ListText): ReadonlyMap<number, Family> {
  const table = new Map<number, Map<number, Set<string>>>([
    [4, new Map()],
    [16, new Map()],
  ]);
  for (const { number, entry } of entriesOf(text, "behind")) {
    const network = parseNetwork(entry);
    if (network === null) throw new EntryError(number, entry);
    const family = table.get(network.octets.length)!;
    const networks = family.get(network.bits);
    if (networks === undefined) family.set(network.bits, new Set([keyOf(network)]));
    else networks.add(keyOf(network));
  }
  return table;
}

/** The same for each way to write a network of so many bits: its own, and of its last octet no others. */
export function keyOf({ octets, bits }: Network): string {
  const whole = bits >> 3;
  const rest = bits & 7;
  let key = "";
  for (let at = 0; at < whole; at++) key += String.fromCharCode(octets[at]!);
  return rest === 0 ? key : key + String.fromCharCode(octets[whole]! >> (8 - rest));
}

// ------------------------------------------------------------------ what the search may pass by

/** Decided by the first digit, so that nothing is tried twice. */
const OCTET = "(?:1[0-9]{0,2}|2(?:[0-4][0-9]?|5[0-5]?|[6-9])?|[3-9][0-9]?|0)";
/** Of at least so many bits, in front of them "/". */
const OF_4 = [
  "(?:[12][0-9]?|3[0-2]?|[4-9]|0)",
  "(?:[12][0-9]|3[0-2]|[89])",
  "(?:1[6-9]|2[0-9]|3[0-2])",
  "(?:2[4-9]|3[0-2])",
] as const;
const GROUP = "[0-9a-f]{1,4}";
/** Of at least 0, 16, 32 and 48 bits. */
const OF_6 = [
  "(?:1(?:[01][0-9]|2[0-8]|[0-9])?|[2-9][0-9]?|0)",
  "(?:1(?:[01][0-9]|2[0-8]|[6-9])|[2-9][0-9])",
  "(?:1(?:[01][0-9]|2[0-8])|3[2-9]|[4-9][0-9])",
  "(?:1(?:[01][0-9]|2[0-8])|4[89]|[5-9][0-9])",
] as const;
/** Groups written out, and none counted: what counts repetitions is interpreted by the runtime, a hundred times slower. */
const upTo = (most: number, one: string): string => (most === 0 ? "" : `(?:${one}${upTo(most - 1, one)})?`);
const FULL = new Array(8).fill(GROUP).join(":");
const BEFORE = `${GROUP}:${upTo(6, `${GROUP}:`)}`;
const AFTER = `${GROUP}${upTo(6, `:${GROUP}`)}`;
const EIGHT_COLONS = "[^:\\n]*:".repeat(8);
/** Eight groups; or "::" at the end; or between groups, of which there are seven at most then. */
const IPV6 = `(?:${FULL}|${BEFORE}:(?![0-9a-f])|(?!${EIGHT_COLONS})${BEFORE}:${AFTER})(?![0-9a-f:.])`;

const ANY_4 = `${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}(?:/${OF_4[0]})?`;
/** Those that begin with a zero or "::" may be IPv4-mapped. */
const ANY_6 = `(?=[1-9a-f])${IPV6}(?:/${OF_6[0]})?`;

/** What is no network, and what is one by another notation than these. */
const PROVING = stopsAt(`${ANY_4}|${ANY_6}`);

/** @param passed networks, and nothing else */
function stopsAt(passed: string): RegExp {
  return new RegExp(`\\n(?!(?:${passed})[ \\t]*(?:[ \\t]#[^\\n]*)?\\r?\\n)`, "gi");
}

/** Passes by what has other numbers in front than the address, as far as its own bits reach. */
function stops(octets: Uint8Array): RegExp {
  return stopsAt(octets.length === 4 ? `${others4(octets)}|${ANY_6}` : `${ANY_4}|${others6(octets)}`);
}

function others4([a, b, c]: Uint8Array): string {
  return (
    `(?!${a}\\.)${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}(?:/${OF_4[1]})?|` +
    `${a}\\.(?!${b}\\.)${OCTET}\\.${OCTET}\\.${OCTET}(?:/${OF_4[2]})?|` +
    `${a}\\.${b}\\.(?!${c}\\.)${OCTET}\\.${OCTET}(?:/${OF_4[3]})?`
  );
}

function others6(octets: Uint8Array): string {
  const group = (at: number) => `0{0,3}${((octets[2 * at]! << 8) | octets[2 * at + 1]!).toString(16)}:`;
  const [first, second, third] = [group(0), group(1), group(2)];
  return (
    `(?!${first})(?=[1-9a-f])${IPV6}(?:/${OF_6[1]})?|` +
    `(?=[1-9a-f])(?=${first}(?!${second})[0-9a-f]+:)${IPV6}(?:/${OF_6[2]})?|` +
    `(?=[1-9a-f])(?=${first}${second}(?!${third})[0-9a-f]+:)${IPV6}(?:/${OF_6[3]})?`
  );
}
