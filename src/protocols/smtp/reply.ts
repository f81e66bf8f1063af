// A server's SMTP reply (RFC 5321 section 4.2), read line by line and written again for the client.
// Knows reply grammar and its bounds; not what a code means for the session.

export interface Reply {
  readonly code: string;
  /** The text of each line, behind code and separator, as the server sent it. */
  readonly lines: readonly string[];
}

/** A reply of more lines or octets is no reply (no RFC figure; EHLO replies have about 20 lines). */
const MAX_LINES = 256;
const MAX_OCTETS = 65536;

const LINE = /^([2-5][0-5][0-9])(?:([ -])(.*))?$/s;

export class ReplyReader {
  #code: string | null = null;
  #lines: string[] = [];
  #octets = 0;

  /** @returns the whole reply, null while more lines must come, or "fault" for what is no reply */
  line(text: string): Reply | null | "fault" {
    const parts = LINE.exec(text);
    if (parts === null || (this.#code !== null && this.#code !== parts[1])) return "fault";
    this.#code = parts[1]!;
    this.#lines.push(parts[3] ?? "");
    this.#octets += text.length + 2;
    if (this.#lines.length > MAX_LINES || this.#octets > MAX_OCTETS) return "fault";
    if (parts[2] === "-") return null;
    const reply = { code: this.#code, lines: this.#lines };
    this.#code = null;
    this.#lines = [];
    this.#octets = 0;
    return reply;
  }
}

/** The reply for the client: CRLF line ends, nothing in the text that is not printable ASCII. */
export function writeReply({ code, lines }: Reply): string {
  const last = lines.length - 1;
  return lines.map((line, index) => `${code}${index === last ? " " : "-"}${printable(line)}\r\n`).join("");
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, "?");
}
