// Knows what a proxy says first, in both versions of its protocol, as octets written by hand; and HAProxy and nginx.

import { type Need, program, unpacked } from "./missing.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

/** Each tells of a client, and where that one connected. */
export const HEADERS = {
  "version 1, IPv4": "PROXY TCP4 192.0.2.7 198.51.100.25 51422 25\r\n",
  "version 1, IPv6": "PROXY TCP6 2001:db8::7 2001:db8:1::25 51422 25\r\n",
  "version 2, IPv4": binary(0x11, [192, 0, 2, 7, 198, 51, 100, 25, ...port(51422), ...port(25)]),
  "version 2, IPv6": binary(0x21, [
    ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
    ...[0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x25],
    ...[...port(51422), ...port(25)],
  ]),
} as const;

/** What the servers of this test say of each. */
export const ENDS: Readonly<Record<keyof typeof HEADERS, string>> = {
  "version 1, IPv4": "192.0.2.7 51422 198.51.100.25 25",
  "version 1, IPv6": "2001:db8::7 51422 2001:db8:1::25 25",
  "version 2, IPv4": "192.0.2.7 51422 198.51.100.25 25",
  "version 2, IPv6": "2001:db8::7 51422 2001:db8:1::25 25",
};

/** A health check. */
export const LOCAL = binary(0, [], 0x20);
/** Each tells of nobody. */
export const UNKNOWN = {
  "version 1": "PROXY UNKNOWN\r\n",
  "version 1 with addresses": "PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n",
  "UNSPEC of version 2": binary(0, []),
  "UNIX of version 2": binary(0x31, new Array<number>(216).fill(0x2f)),
} as const;

/** With records behind the addresses, as many as make it so long. */
export function padded(octets: number): string {
  const addresses = [192, 0, 2, 7, 198, 51, 100, 25, ...port(51422), ...port(25)];
  const value = octets - 16 - addresses.length - 3;
  return binary(0x11, [...addresses, 0x04, value >> 8, value & 255, ...new Array<number>(value).fill(0x41)]);
}

export function binary(family: number, rest: readonly number[], command = 0x21): string {
  return SIGNATURE + String.fromCharCode(command, family, ...port(rest.length), ...rest);
}

function port(number: number): number[] {
  return [number >> 8, number & 255];
}

export interface ProxyServer extends AsyncDisposable {
  readonly port: number;
}

export const haproxyNeeds: readonly Need[] = [program("haproxy")];

/** @param server what stands behind the server's address, such as "send-proxy" */
export async function haproxy(scratch: Scratch, to: number, server: string, more = ""): Promise<ProxyServer> {
  const at = await freePort();
  const configuration = `global
  maxconn 256
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
listen test
  bind 127.0.0.1:${at}
  bind [::1]:${at}
${more}  server one 127.0.0.1:${to} ${server}
`;
  const path = scratch.file(`haproxy-${at}.cfg`, configuration);
  const service = new Service(scratch, ["haproxy", "-db", "-q", "-f", path]);
  await service.listens(at);
  return { port: at, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

const nginxItself = unpacked("nginx", "usr/sbin/nginx");
const stream = unpacked("libnginx-mod-stream", "usr/lib/nginx/modules/ngx_stream_module.so");
export const nginxNeeds: readonly Need[] = [nginxItself, stream];

/** It tells of clients in version 1. */
export function nginx(scratch: Scratch, to: number): Promise<ProxyServer> {
  return nginxWith(
    scratch,
    stream.path,
    (at) => `stream {
  server {
    listen 127.0.0.1:${at};
    listen [::1]:${at};
    proxy_protocol on;
    proxy_pass 127.0.0.1:${to};
  }
}
`,
  );
}

const mail = unpacked("libnginx-mod-mail", "usr/lib/nginx/modules/ngx_mail_module.so");
export const nginxMailNeeds: readonly Need[] = [nginxItself, mail];

/**
 * The one that speaks mail itself, and whose logins are judged here: each is right.
 * @param words of its server block
 */
export async function nginxMail(
  scratch: Scratch,
  protocol: "smtp" | "pop3",
  to: number,
  words: string,
): Promise<ProxyServer> {
  const judge = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: () =>
      new Response(null, {
        headers: { "Auth-Status": "OK", "Auth-Server": "127.0.0.1", "Auth-Port": String(to) },
      }),
  });
  const proxy = await nginxWith(
    scratch,
    mail.path,
    (at) => `mail {
  server_name nginx.test;
  auth_http 127.0.0.1:${judge.port}/;
  server {
    listen 127.0.0.1:${at};
    protocol ${protocol};
    ${words}
  }
}
`,
  );
  const ending = async () => {
    await proxy[Symbol.asyncDispose]();
    await judge.stop(true);
  };
  return { port: proxy.port, [Symbol.asyncDispose]: ending };
}

/** @param block what it does, at this port */
async function nginxWith(
  scratch: Scratch,
  module: string,
  block: (at: number) => string,
): Promise<ProxyServer> {
  const at = await freePort();
  const configuration = `load_module ${module};
daemon off;
master_process off;
pid ${scratch.path}/nginx-${at}.pid;
error_log ${scratch.path}/nginx.log;
events {}
${block(at)}`;
  const path = scratch.file(`nginx-${at}.conf`, configuration);
  const log = ["-e", `${scratch.path}/nginx.log`];
  const service = new Service(scratch, [nginxItself.path, ...log, "-p", scratch.path, "-c", path]);
  await service.listens(at);
  return { port: at, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}
