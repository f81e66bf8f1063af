// Whether a POP3 server's greeting offers XCLIENT (no RFC; rules H). Knows text; what is said then is in ../xclient.ts.

/** Dovecot says so to the hosts it believes (login_trusted_networks), and to nobody else. */
export function offersXclient(greeting: string): boolean {
  return /^\+OK \[XCLIENT\](?: |$)/i.test(greeting);
}
