// The words of ManageSieve (RFC 5804 section 4), the same for both sides: atoms, parentheses, and strings, quoted or of
// octets that a line announces at its end; and how a string is written. Knows no command and no answer.

/** Octets of a quoted string as we write it; who reads one counts them as they are meant. */
const MOST_QUOTED = 1024;
/** A number has 32 bits. */
const BEYOND = 2 ** 32;

export interface Word {
  readonly kind: "atom" | "string" | "parenthesis";
  /** Of a string its octets, as they are meant. */
  readonly text: string;
}

/** Octets that come behind the line, and are the string it ends with. */
export interface Announced {
  readonly octets: number;
  /** They come without having been asked for (`{5+}`): the only way that clients have, and servers never. */
  readonly isSent: boolean;
}

export interface Words {
  readonly words: readonly Word[];
  readonly announced: Announced | null;
}

const WORD =
  /( ?)(?:([()])|"((?:[^"\\\0\r\n]|\\["\\])*)"|\{(0|[1-9][0-9]{0,9})(\+?)\}$|([^\0-\x20"(){}\\\x7f-\xff]+))/y;

/**
 * A line, or what of one stands behind the octets that it announced: words with one blank between them.
 * @returns null for what is none
 */
export function wordsOf(text: string, { isContinued = false } = {}): Words | null {
  const words: Word[] = [];
  for (let at = 0; at < text.length; ) {
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null) return null;
    const [all, gap, parenthesis, quoted, octets, plus, atom] = match;
    const last = words.at(-1);
    const isFirst = last === undefined && !isContinued;
    const isTight = isFirst || parenthesis === ")" || (last?.kind === "parenthesis" && last.text === "(");
    if ((gap === "") !== isTight) return null;
    at += all.length;
    if (octets !== undefined) {
      const announced = { octets: Number(octets), isSent: plus === "+" };
      return announced.octets < BEYOND ? { words, announced } : null;
    }
    const meant = quoted?.replace(/\\(.)/g, "$1");
    if (meant !== undefined && meant.length > MOST_QUOTED) return null;
    words.push(
      meant !== undefined
        ? { kind: "string", text: meant }
        : { kind: parenthesis === undefined ? "atom" : "parenthesis", text: parenthesis ?? atom! },
    );
  }
  return { words, announced: null };
}

/**
 * Whether what is no line may go on behind its end: by octets that it announces somehow, or in a string that is quoted and
 * does not end. Nobody knows where its command ends then.
 */
export function mayGoOn(text: string): boolean {
  return /["{]/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ""));
}

/** A string that has neither NUL nor a line end in it, and is short. */
export function quote(octets: string): string {
  return `"${octets.replace(/["\\]/g, "\\$&")}"`;
}

/** A string for a client. */
export function toClient(octets: string): string {
  return isQuotable(octets) ? quote(octets) : `{${octets.length}}\r\n${octets}`;
}

/** A string for a server. */
export function toServer(octets: string): string {
  return isQuotable(octets) ? quote(octets) : `{${octets.length}+}\r\n${octets}`;
}

function isQuotable(octets: string): boolean {
  return quote(octets).length - 2 <= MOST_QUOTED && !/[\0\r\n]/.test(octets);
}
