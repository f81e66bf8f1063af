// Knows how to talk TLS octet for octet: Python's ssl makes the records, and we say how they are cut, when they leave,
// and how the connection ends. Before TLS is asked for it is a plain conversation, on the same connection.

import { X509Certificate } from "node:crypto";
import { PassThrough, Writable } from "node:stream";
import { Conversation } from "./conversation.ts";
import { within } from "./deadline.ts";

export interface Handshake {
  readonly sni?: string;
  /** Such as "TLSv1_2". */
  readonly least?: string;
  readonly most?: string;
  /** Of TLS 1.2 and before, as OpenSSL has them. */
  readonly ciphers?: string;
  /** Octets of an extension, ALPN, that make the hello large. */
  readonly padding?: number;
  /** The hello is cut into records of so many octets. */
  readonly record?: number;
  /** What we say is cut into segments of so many octets, with so many seconds in between. */
  readonly segment?: number;
  readonly pause?: number;
  /** So many octets of the hello are said, and nothing else. */
  readonly stop?: number;
  /** Octets in front of the hello, in the same segment. */
  readonly ahead?: string;
  /** Nothing is said behind the hello, whatever the answer is. */
  readonly mute?: boolean;
}

export interface Secured {
  readonly version: string;
  readonly cipher: string;
  /** The first name of the certificate that was shown. */
  readonly certificate: string;
}

/** How the other side ended: by close_notify, by the end of the connection alone, or by a reset. */
export type Ending = "notify" | "bare" | "reset";

type Said =
  | { readonly said: "data"; readonly data: string }
  | { readonly said: "tls"; readonly version: string; readonly cipher: string; readonly der: string }
  | { readonly said: "failed"; readonly error: string }
  | { readonly said: "end"; readonly how: Ending }
  | { readonly said: "connected"; readonly port: number };

export class TlsTalk implements AsyncDisposable {
  /** In the clear first, and in TLS once that is spoken. */
  readonly talk: Conversation;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #input = new PassThrough();
  readonly #connected = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<Ending>();
  #handshake = Promise.withResolvers<Secured>();
  #port = 0;

  private constructor(port: number, from: string) {
    this.#child = Bun.spawn(["python3", "-I", "-c", SCRIPT, `${port}`, from], {
      ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit", env: { PATH: "/usr/bin:/bin" } },
    });
    const output = new Writable({
      write: (octets: Buffer, _, done) => {
        this.#do("send", { data: octets.toString("base64") });
        done();
      },
      final: (done) => {
        this.#do("fin");
        done();
      },
    });
    this.talk = new Conversation(this.#input, output, () => this.#do("reset"));
    void this.#listen();
  }

  static async dial(port: number, from = ""): Promise<TlsTalk> {
    const talk = new TlsTalk(port, from);
    talk.#port = await within(10_000, `connection to port ${port}`, talk.#connected.promise);
    return talk;
  }

  /** Ours. */
  get port(): number {
    return this.#port;
  }

  /** Kept when the other side says no more. */
  get ended(): Promise<Ending> {
    return within(15_000, "the end of the connection", this.#ended.promise);
  }

  /** @returns once it is done; rejects with what OpenSSL says where it fails */
  secure(plan: Handshake = {}): Promise<Secured> {
    this.begin(plan);
    return within(20_000, "the handshake", this.#handshake.promise);
  }

  /** The same, and nobody waits for it. */
  begin(plan: Handshake = {}): void {
    this.#handshake = Promise.withResolvers();
    this.#handshake.promise.catch(() => {});
    this.#do("tls", { ...plan });
  }

  /** @returns what OpenSSL says of a handshake that fails */
  async refused(plan: Handshake = {}): Promise<string> {
    try {
      await this.secure(plan);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("the handshake went well");
  }

  /** Octets as they are, whatever is spoken. */
  raw(octets: string | Uint8Array): void {
    const data = typeof octets === "string" ? Buffer.from(octets, "latin1") : Buffer.from(octets);
    this.#do("raw", { data: data.toString("base64") });
  }

  /** In records, and segments, of so many octets. */
  send(octets: string, cut: { readonly record: number; readonly pause?: number }): void {
    this.#do("send", { data: Buffer.from(octets, "latin1").toString("base64"), ...cut });
  }

  /** Says close_notify, and still listens. */
  notify(): void {
    this.#do("notify");
  }

  /** Ends our side without a word. */
  end(): void {
    this.#do("fin");
  }

  reset(): void {
    this.#do("reset");
  }

  /** Reads nothing until it is told to go on. */
  suspend(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  #do(op: string, more: object = {}): void {
    try {
      this.#child.stdin.write(`${JSON.stringify({ op, ...more })}\n`);
      void this.#child.stdin.flush();
    } catch {
      // It has gone, and told why.
    }
  }

  async #listen(): Promise<void> {
    let rest = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#hear(JSON.parse(line) as Said);
    }
    this.#over("bare");
  }

  #hear(said: Said): void {
    switch (said.said) {
      case "connected":
        return this.#connected.resolve(said.port);
      case "data":
        this.#input.write(Buffer.from(said.data, "base64"));
        return;
      case "tls": {
        const { version, cipher, der } = said;
        const subject = new X509Certificate(Buffer.from(der, "base64")).subject;
        const certificate = /CN=(.+)/.exec(subject)?.[1] ?? "";
        return this.#handshake.resolve({ version, cipher, certificate });
      }
      case "failed":
        return this.#handshake.reject(new Error(said.error));
      default:
        return this.#over(said.how);
    }
  }

  #over(how: Ending): void {
    this.#connected.reject(new Error("no connection"));
    this.#handshake.reject(new Error(`ended: ${how}`));
    this.#handshake.promise.catch(() => {});
    this.#ended.resolve(how);
    this.#input.end();
  }
}

const SCRIPT = `
import base64, json, os, select, socket, ssl, struct, sys, time

def tell(said, **more):
    print(json.dumps({"said": said, **more}), flush=True)

wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10, (sys.argv[2], 0) if sys.argv[2] else None)
wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
tell("connected", port=wire.getsockname()[1])
inside = incoming = outgoing = None
shaking = over = False
cut = {}
waiting = []

def put(octets):
    size = cut.get("segment") or len(octets) or 1
    for at in range(0, len(octets), size):
        wire.sendall(octets[at:at + size])
        if cut.get("pause"): time.sleep(cut["pause"])

def smaller(octets, size):
    made = b""
    while octets[:1] == b"\\x16":
        length = struct.unpack(">H", octets[3:5])[0]
        fragment = octets[5:5 + length]
        for at in range(0, length, size):
            piece = fragment[at:at + size]
            made += octets[:3] + struct.pack(">H", len(piece)) + piece
        octets = octets[5 + length:]
    return made + octets

def flush():
    octets = outgoing.read()
    if not octets: return
    if shaking and not cut.get("said"):
        cut["said"] = True
        if cut.get("record"): octets = smaller(octets, cut["record"])
        if cut.get("stop") is not None: octets = octets[:cut["stop"]]
        octets = cut.get("ahead", "").encode("latin1") + octets
    elif shaking and (cut.get("mute") or cut.get("stop") is not None): return
    put(octets)

def end(how):
    global over
    if not over: tell("end", how=how)
    over = True

def turn():
    global shaking
    try:
        if shaking:
            inside.do_handshake()
            flush()
            shaking = False
            cut.clear()
            der = base64.b64encode(inside.getpeercert(True)).decode()
            tell("tls", version=inside.version(), cipher=inside.cipher()[0], der=der)
            while waiting: obey(waiting.pop(0))
        while True:
            octets = inside.read(65536)
            if not octets: return end("notify")
            tell("data", data=base64.b64encode(octets).decode())
    except ssl.SSLWantReadError:
        flush()
    except ssl.SSLZeroReturnError:
        end("notify")
    except ssl.SSLEOFError as error:
        if shaking: tell("failed", error=str(error))
        end("bare")
    except ssl.SSLError as error:
        try: flush()
        except OSError: pass
        tell("failed", error=str(error))
        end("bare")

def secure(plan):
    global inside, incoming, outgoing, shaking
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(plan.get("ciphers") or "ALL:@SECLEVEL=0")
    if plan.get("least"): context.minimum_version = ssl.TLSVersion[plan["least"]]
    if plan.get("most"): context.maximum_version = ssl.TLSVersion[plan["most"]]
    if plan.get("padding"):
        context.set_alpn_protocols(["x" * 200 for _ in range(plan["padding"] // 201)])
    cut.clear()
    cut.update({key: plan[key] for key in ("record", "segment", "pause", "stop", "mute", "ahead") if key in plan})
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = context.wrap_bio(incoming, outgoing, server_hostname=plan.get("sni"))
    shaking = True
    turn()

def obey(order):
    op = order.pop("op")
    if op == "tls": return secure(order)
    if op == "raw": return wire.sendall(base64.b64decode(order["data"]))
    if op == "fin": return wire.shutdown(socket.SHUT_WR)
    if op == "reset":
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.close()
        sys.exit()
    if shaking: return waiting.append({"op": op, **order})
    if op == "notify":
        try: inside.unwrap()
        except ssl.SSLError: pass
        return flush()
    octets = base64.b64decode(order["data"])
    size = order.get("record") or max(1, len(octets))
    for at in range(0, len(octets), size):
        piece = octets[at:at + size]
        if inside is None: wire.sendall(piece)
        else:
            inside.write(piece)
            flush()
        if order.get("pause"): time.sleep(order["pause"])

rest = b""
while True:
    ready, _, _ = select.select([0] + ([] if over else [wire]), [], [])
    try:
        if wire in ready:
            octets = wire.recv(262144)
            if inside is None:
                if octets: tell("data", data=base64.b64encode(octets).decode())
                else: end("bare")
            else:
                if octets: incoming.write(octets)
                else: incoming.write_eof()
                turn()
                if not octets: end("bare")
        if 0 in ready:
            read = os.read(0, 1 << 20)
            if not read: sys.exit()
            *orders, rest = (rest + read).split(b"\\n")
            for order in orders: obey(json.loads(order))
    except OSError:
        end("reset")
`;
