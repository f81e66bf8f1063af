// The name that a server gave a message it took, from the text of its 250: by it the server's own log can be searched.
// Knows how servers say it; a text none of them says has none.

/** Of any server's id: nothing that a log would have to escape. */
const ID = "([A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?)";

const FORMS: readonly RegExp[] = [
  new RegExp(`\\bqueued as ${ID}(?![^\\s).>;,])`, "i"), // Postfix
  new RegExp(`^OK id=${ID}$`, "i"), // exim
  new RegExp(`^${ID} Message accepted for delivery`, "i"), // Sendmail, OpenSMTPD
  /\bqp ([0-9]{1,20})\b/, // qmail, netqmail, mailfront
];

/** @param text of the reply, without its code */
export function queueIdOf(text: string): string | null {
  const said = text.replace(/^2\.[0-9]{1,3}\.[0-9]{1,3}:? /, "");
  for (const form of FORMS) {
    const id = form.exec(said)?.[1];
    if (id !== undefined) return id;
  }
  return null;
}
