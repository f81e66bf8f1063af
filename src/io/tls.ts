// TLS with a client, on the socket that it came by. The handshake is the runtime's (BoringSSL); ours is which
// certificate, which versions, how long it may take, and what is said of one that fails. Knows sockets and credentials;
// no session. Loaded by nobody who speaks no TLS.

import { isBroken } from "../os/libc.ts";
import { type Credentials, credentialFor } from "../policy/credentials.ts";
import { TLS_1_2, TLS_1_3 } from "../wire/client-hello.ts";
import { now } from "./alarm.ts";
import { type Hello, wholeHello } from "./hello.ts";
import { SocketStream } from "./socket-stream.ts";
import { CIPHERS } from "./tls-ciphers.ts";
import { TlsFailure } from "./tls-failure.ts";
import { within } from "./within.ts";

/** How TLS is spoken here. */
export interface TlsTerms {
  readonly credentials: Credentials;
  readonly profile: "intermediate" | "modern";
  /** For the whole handshake, from the moment it is waited for. */
  readonly seconds: number;
}

/** What the log tells of it. */
export interface Secured {
  readonly version: string;
  readonly cipher: string;
  readonly cert: string;
  readonly serverName: string | null;
}

/** What a session was is kept by nobody: Microsoft's senders abort with tickets they did not ask for. */
const SSL_OP_NO_TICKET = 0x4000;
const SSL_OP_NO_TLS1_2 = 0x0800_0000;

const VERSIONS = { intermediate: [TLS_1_2, TLS_1_3], modern: [TLS_1_3] } as const;

/** Seconds between two looks at a client that does not take what it is told. */
const WATCH = 1;

/** What BoringSSL says where nothing is in common. */
const NO_CIPHER = /NO_SHARED_CIPHER|NO_COMMON|WRONG_CURVE|NO_SUITABLE|UNKNOWN_CIPHER|WRONG_CIPHER/;

export class TlsClient {
  readonly #fd: number;
  readonly #stream = new SocketStream();
  readonly #begun = Promise.withResolvers<Secured>();
  readonly #closed = Promise.withResolvers<void>();
  /** The runtime has the descriptor, or is about to. */
  #isAdopted = false;
  #socket: Pick<Bun.Socket, "end" | "terminate"> | null = null;

  /** Looks at a client that does not take what it is told. */
  #watch: Timer | null = null;

  /**
   * @param fd the client's socket
   * @param seconds for the whole handshake, from now on
   * @param terms those of the moment in which the client begins
   */
  constructor(fd: number, seconds: number, terms: () => Omit<TlsTerms, "seconds">) {
    this.#fd = fd;
    this.#begun.promise.catch(() => {}); // whoever reads or writes hears of it, too
    void this.#begin(fd, seconds, terms);
  }

  /** Kept when the handshake is done. Rejects with TlsFailure. */
  get secured(): Promise<Secured> {
    return this.#begun.promise;
  }

  /** The descriptor is the runtime's, or is becoming that: it closes it, and nobody else may. */
  get isAdopted(): boolean {
    return this.#isAdopted;
  }

  /** Something was decrypted that nobody has read. */
  get isReady(): boolean {
    return this.#stream.hasUnread;
  }

  read(): Promise<Uint8Array | null> {
    return this.#stream.read();
  }

  write(octets: Uint8Array): void {
    this.#stream.write(octets);
  }

  flush(): Promise<unknown> | null {
    const flushed = this.#stream.flush();
    if (flushed !== null && this.#watch === null) {
      this.#watch = setInterval(() => this.#look(), WATCH * 1000);
      const rest = () => {
        clearInterval(this.#watch!);
        this.#watch = null;
      };
      void flushed.then(rest, rest);
      this.#look();
    }
    return flushed;
  }

  /** Says in TLS that nothing more will come. @returns kept when that is with the kernel */
  async end(): Promise<void> {
    if (this.#socket === null) return this.#stream.finish();
    this.#stream.drain();
    this.#socket.end();
    await this.#closed.promise;
  }

  /** Nothing more is read or written. */
  cancel(): void {
    this.#stream.finish();
    this.#socket?.terminate();
  }

  /** The runtime tells nobody of a reset that a write was told of, as long as the socket is not read. */
  #look(): void {
    if (!this.#stream.isOver && isBroken(this.#fd)) this.#fail(new TlsFailure("eof"));
  }

  async #begin(fd: number, seconds: number, terms: () => Omit<TlsTerms, "seconds">): Promise<void> {
    const began = now();
    try {
      const hello = await wholeHello(fd, seconds, () => this.#stream.isOver);
      await this.#handshake(fd, terms(), hello);
      const left = seconds - (now() - began) / 1000;
      if ((await within(this.#begun.promise, left)) === null) this.#fail(new TlsFailure("timeout"));
    } catch (error) {
      this.#fail(error instanceof TlsFailure ? error : new TlsFailure("alert"));
    }
  }

  async #handshake(
    fd: number,
    { credentials, profile }: Omit<TlsTerms, "seconds">,
    hello: Hello,
  ): Promise<void> {
    const credential = credentialFor(credentials, hello.serverName);
    const speaksOurs = VERSIONS[profile].some((version) => hello.versions.includes(version));
    const fail = (reason: TlsFailure["reason"]) =>
      this.#fail(new TlsFailure(speaksOurs ? reason : "version"));
    // From this call on: whoever closed it meanwhile would close another's, which has got its number.
    this.#isAdopted = true;
    const raw = await Bun.connect({ fd, allowHalfOpen: true, socket: { data() {}, error() {} } } as never);
    this.#socket = raw;
    if (this.#stream.isOver) return void raw.terminate();
    const [, socket] = raw.upgradeTLS({
      isServer: true,
      allowHalfOpen: true,
      tls: {
        cert: credential.chain,
        key: credential.key,
        ca: credential.chain, // the system's roots, of no use here, take 6 ms to be read
        ciphers: CIPHERS,
        secureOptions: SSL_OP_NO_TICKET | (profile === "modern" ? SSL_OP_NO_TLS1_2 : 0),
      },
      socket: {
        data: (_: Bun.Socket, octets: Uint8Array) => this.#stream.take(octets),
        drain: () => this.#stream.drain(),
        handshake: (secured: Bun.Socket, isDone: boolean, error: Error | null) => {
          if (!isDone) return fail(reasonOf(error));
          this.#stream.attach(secured);
          const { name: cipher = "" } = secured.getCipher() as { readonly name?: string };
          const version = secured.getTLSVersion();
          this.#begun.resolve({ version, cipher, cert: credential.label, serverName: hello.serverName });
        },
        end: () => this.#stream.end(),
        error: () => {},
        close: () => {
          fail("eof");
          this.#closed.resolve();
        },
      },
    } as never) as readonly [Bun.Socket, Bun.Socket];
    this.#socket = socket;
  }

  /** Of a handshake, or, when it was done, of the connection: whoever reads or writes hears of it. */
  #fail(failure: TlsFailure): void {
    this.#begun.reject(failure);
    this.#stream.finish(failure);
    this.#socket?.terminate();
  }
}

function reasonOf(error: Error | null): TlsFailure["reason"] {
  if ((error as { code?: unknown } | null)?.code === "ECONNRESET") return "eof";
  return NO_CIPHER.test(String(error)) ? "no-cipher" : "alert";
}
