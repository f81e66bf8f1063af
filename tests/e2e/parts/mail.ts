// Knows the mails the tests send, and how mail servers on Unix keep them.

export interface Mail {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly octets: Buffer;
}

/** The headers a mail has to have so that neither client nor server sees a reason to add its own. */
export function letter(body: string, subject = "kit"): Mail {
  const header = [
    "From: alice@client.test",
    "To: kituser@kit.test",
    `Subject: ${subject}`,
    "Date: Fri, 20 Nov 2026 15:00:00 +0000",
    `Message-ID: <${subject.replaceAll(" ", "-")}@client.test>`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "X-Folded: one",
    "\ttwo",
  ];
  const octets = Buffer.from(`${header.join("\r\n")}\r\n\r\n${body}`, "latin1");
  return { sender: "alice@client.test", recipients: ["kituser@kit.test"], octets };
}

/** Everything in a mail's text that a proxy could get wrong. */
export function trickyLetter(subject = "tricky"): Mail {
  const eightBit = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 0x80 + i));
  const lines = [
    "line one",
    ".leading dot",
    "..two leading dots",
    ".",
    "..",
    "a dot at the end.",
    "",
    "From the start of a line",
    "\ttab, trailing blanks  ",
    eightBit,
    "x".repeat(988), // 990 with its end; a leading dot of its own would come on top
    `.${"y".repeat(987)}`,
    "QUIT",
    "DATA",
    "RCPT TO:<other@kit.test>",
    "last line",
  ];
  return letter(lines.map((line) => `${line}\r\n`).join(""), subject);
}

/** As SMTP and POP3 carry a text: a dot put before every leading dot, and the terminator. */
export function stuffed(octets: Buffer): Buffer {
  return latin1(`${octets.toString("latin1").replaceAll(/^\./gm, "..")}.\r\n`);
}

/** As Unix keeps a text: CRLF becomes LF, and nothing else changes. */
export function unixLines(octets: Buffer): Buffer {
  return latin1(octets.toString("latin1").replaceAll("\r\n", "\n"));
}

export function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** For comparing: a failed test shows lines, and still nothing is lost. */
export function readable(mail: Mail): { sender: string; recipients: readonly string[]; lines: string[] } {
  const { sender, recipients, octets } = mail;
  return { sender, recipients, lines: octets.toString("latin1").split("\n") };
}
