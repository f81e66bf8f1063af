// What must hold for everything the client was ever sent, whatever the script. Knows the form of replies of each
// protocol, not their meaning.

/** Faults of the whole output, in words; `pieces` as they were received. */
export function outputFaults(protocol: string, pieces: readonly Uint8Array[]): string[] {
  const output = Buffer.concat(pieces).toString("latin1");
  switch (protocol) {
    case "smtp":
      return [...formFaults(output, () => true), ...tornReplies(pieces, () => true)];
    case "pop3":
      return [...formFaults(output, isStatus), ...tornReplies(pieces, isStatus)];
    case "finger":
      return /[^\r\n\t -~]/.test(output) ? ["a control octet reached the client"] : [];
    default:
      return []; // "line" passes on whatever the server says
  }
}

/** Message text is not ours to judge, so POP3 is judged by its status lines. */
function isStatus(line: string): boolean {
  return /^(\+OK|-ERR|\+ )/.test(line);
}

function formFaults(output: string, judged: (line: string) => boolean): string[] {
  const faults: string[] = [];
  const lines = output.split("\r\n");
  const last = lines.pop()!;
  if (last !== "" && judged(last))
    faults.push(`the last reply has no end: ${JSON.stringify(last.slice(0, 100))}`);
  for (const line of lines) {
    if (judged(line) && /[^ -~]/.test(line)) {
      faults.push(
        `a reply carries a control octet or a bare CR or LF: ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
  }
  return faults;
}

/** A reply is one write. Loopback keeps small writes whole, so a piece that ends inside a reply line is torn. */
function tornReplies(pieces: readonly Uint8Array[], judged: (line: string) => boolean): string[] {
  let lineStart = true;
  for (const piece of pieces) {
    const newline = piece.lastIndexOf(10);
    const tail = Buffer.from(piece.subarray(newline + 1, newline + 101)).toString("latin1");
    if (tail !== "" && (newline >= 0 || lineStart) && judged(tail)) {
      return [`a reply came in more than one write: ${JSON.stringify(tail)}`];
    }
    lineStart = tail === "";
  }
  return [];
}
