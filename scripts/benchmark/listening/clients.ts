// Knows clients of a listener: one that waits for its greeting, and many that say nothing.

export function freePort(): Promise<number> {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return Promise.resolve(port);
}

/** @returns milliseconds from the call to the greeting */
export async function greetingOnce(port: number): Promise<number> {
  const started = performance.now();
  const heard = Promise.withResolvers<number>();
  await Bun.connect({
    ...{ hostname: "127.0.0.1", port },
    socket: {
      data(socket) {
        heard.resolve(performance.now() - started);
        socket.end("QUIT\r\n");
      },
      close: () => heard.reject(new Error("a client was not greeted")),
    },
  });
  return heard.promise;
}

/** Waits until a client is greeted. */
export async function begun(port: number, patience = 10_000): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      await greetingOnce(port);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await Bun.sleep(50);
    }
  }
}

export class IdleClients {
  readonly #sockets: readonly Bun.Socket[];

  private constructor(sockets: readonly Bun.Socket[]) {
    this.#sockets = sockets;
  }

  /** @returns once all have been greeted */
  static async dial(port: number, count: number): Promise<IdleClients> {
    const one = async () => {
      const greeted = Promise.withResolvers<void>();
      const socket = await Bun.connect({
        ...{ hostname: "127.0.0.1", port },
        socket: {
          data: () => greeted.resolve(),
          close: () => greeted.reject(new Error("a client was not greeted")),
        },
      });
      await greeted.promise;
      return socket;
    };
    return new IdleClients(await Promise.all(Array.from({ length: count }, one)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.end();
  }
}
