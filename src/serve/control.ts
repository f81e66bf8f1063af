// A stream of lines between the supervisor and a worker, on a socket that the event loop has. What the other side does
// not take yet is kept. Knows lines, of UTF-8; not what they say.

export interface Control {
  /** @param line with its end */
  send(line: string): void;
  /** Hears no more. @returns kept when what was sent has been taken, or the other side has gone */
  close(): Promise<void>;
}

/** Octets that wait for a side that reads no more: beyond, it is given up. */
const MOST_WAITING = 16_777_216;
/** Octets that a part of a line counts as besides its own: it took a turn of the event loop. */
const PART = 256;
const LF = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * @param onLine told each line without its end, and what it cost, in octets: more than it has if it came in parts
 * @param onEnd told once: the other side has gone, or is given up
 * @param mostLine octets of a line that the other side may say: beyond, it is given up
 */
export async function control(
  fd: number,
  onLine: (line: string, cost: number) => void,
  onEnd: () => void,
  mostLine: number,
): Promise<Control> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  let partial: Uint8Array[] = [];
  let partialSize = 0;
  let closing = false;
  let over = false;
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();

  const end = () => {
    if (over) return;
    over = true;
    waiting = [];
    partial = [];
    close();
    // Later: whoever is sending does not expect to be told in the middle of it.
    if (!closing) queueMicrotask(onEnd);
  };
  const take = (octets: Uint8Array) => {
    let at = 0;
    for (let next = octets.indexOf(LF); next >= 0 && !over && !closing; next = octets.indexOf(LF, at)) {
      const line = octets.subarray(at, next);
      at = next + 1;
      const whole = partial.length === 0 ? line : Buffer.concat([...partial, line]);
      if (whole.length > mostLine) return give();
      const cost = whole.length + PART * partial.length;
      partial = [];
      partialSize = 0;
      onLine(decoder.decode(whole), cost);
    }
    if (at === octets.length || over || closing) return;
    partial.push(octets.slice(at));
    partialSize += octets.length - at;
    if (partialSize > mostLine) give();
  };
  const drain = () => {
    while (waiting.length > 0 && !over) {
      const [first] = waiting;
      const sent = Math.max(0, socket.write(first!));
      size -= sent;
      if (sent < first!.length) {
        waiting[0] = first!.subarray(sent);
        return;
      }
      waiting.shift();
    }
    if (!closing || over) return;
    over = true;
    socket.end();
    close();
  };
  const options = {
    fd,
    socket: { data: (_: Bun.Socket, octets: Uint8Array) => take(octets), drain, end, close: end, error: end },
  };
  // The runtime takes a descriptor that is connected already; its types do not know.
  const socket = await Bun.connect(options as unknown as Bun.TCPSocketConnectOptions<undefined>);
  const give = () => {
    socket.terminate();
    end();
  };
  return {
    send(line) {
      if (over || closing) return;
      const octets = encoder.encode(line);
      waiting.push(octets);
      size += octets.length;
      drain();
      // One line may be long: files of entries are.
      if (size - octets.length > MOST_WAITING) give();
    },
    close() {
      closing = true;
      drain();
      return closed;
    },
  };
}
