// What we use of syslog-client 1.1.1, which comes without types.

declare module "syslog-client" {
  export const Transport: { readonly Tcp: 1; readonly Udp: 2 };

  export interface Client {
    log(
      message: string,
      options: { readonly facility: number; readonly severity: number; readonly timestamp: Date },
      done: (error?: Error) => void,
    ): void;
    close(): void;
    on(event: "error", listener: (error: Error) => void): void;
  }

  export function createClient(
    host: string,
    options: { readonly port: number; readonly transport: 1 | 2 },
  ): Client;
}
