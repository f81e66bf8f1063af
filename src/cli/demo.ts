// protowrap demo: smtp and pop3 on loopback, the wrapper listening in front of the embedded server; a narrated
// conversation, then lines to try by hand. Puts together what src/demo has; knows no protocol.

import { selfSigned } from "../demo/certificate.ts";
import { Listener, LOOPBACK } from "../demo/listener.ts";
import { Narrator, wantsColour } from "../demo/narrator.ts";
import { type Place, play } from "../demo/play.ts";
import { DOMAIN, HOSTNAME, SCENES } from "../demo/scenes.ts";
import { type Service, Stage } from "../demo/stage.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { UsageError } from "../options/usage.ts";
import { parse, type Subcommand } from "./subcommand.ts";

/** The certificate ends with the demo, or soon after. */
const DAYS = 2;
const PORTS: Readonly<Record<Service, number>> = { smtp: 2525, pop3: 2110 };

export const DEMO: Subcommand = {
  name: "demo",
  about: `Listens for smtp and pop3 on ${LOOPBACK}, ports ${PORTS.smtp} and ${PORTS.pop3} or free ones, and shows what is let through.`,
  positionals: [],
  options: { once: { value: null, help: "leave after the conversation" } },
};

/** Runs `protowrap demo …`. @returns the exit code: 70 when a step went otherwise than it should */
export async function demo(argv: string[]): Promise<ExitCode> {
  let once: boolean;
  try {
    const args = parse(DEMO, argv);
    if (typeof args === "string") {
      process.stdout.write(args);
      return EXIT.ok;
    }
    once = args.values.has("once");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`protowrap: ${error.message}\n`);
    return EXIT.usage;
  }

  const stopped = new Promise<ExitCode>((resolve) => {
    // With --once the conversation is the point, and it was not finished.
    const stop = () => resolve(once ? EXIT.temporary : EXIT.ok);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
    process.stdout.on("error", stop); // nobody reads any more
  });
  const stage = new Stage();
  const listeners: Listener[] = [];
  try {
    const open = async (service: Service, options: string[]) => {
      const commandOn = (address: string) =>
        stage.command(service, ["--listen", address, "--hostname", HOSTNAME, ...options]);
      const listener = await Listener.open(PORTS[service], commandOn, stage.log(service));
      listeners.push(listener);
      const { port, command } = listener;
      return { port, command, log: stage.log(service), record: stage.record(service), certificate: null };
    };
    const { certificate: pem, key } = selfSigned([HOSTNAME], [LOOPBACK], DAYS);
    const trusted = stage.keep("certificate.pem", pem);
    const tls = ["--tls", "optional", "--tls-cert", trusted, "--tls-key", stage.keep("key.pem", key)];
    const smtp = {
      ...(await open("smtp", ["--relay-domain", DOMAIN, ...tls])),
      certificate: { pem, name: HOSTNAME },
    };
    const pop3 = await open("pop3", []);
    return await Promise.race([stopped, perform({ smtp, pop3 }, trusted, once, stopped)]);
  } finally {
    await Promise.all(listeners.map((listener) => listener.close()));
    stage.remove();
  }
}

async function perform(
  places: Record<Service, Place>,
  trusted: string,
  once: boolean,
  stopped: Promise<ExitCode>,
): Promise<ExitCode> {
  const narrator = new Narrator(
    (text) => process.stdout.write(text),
    wantsColour(process.stdout.isTTY, process.env),
  );
  for (const service of ["smtp", "pop3"] as const) {
    narrator.say(`${service} on ${LOOPBACK}:${places[service].port}:`, "bold");
    narrator.say(`  ${places[service].command.join(" ")}`, "dim");
  }
  let wrong = 0;
  for (const scene of SCENES) wrong += await play(scene, places[scene.service], narrator);
  narrator.say();
  if (wrong > 0) narrator.say(`${wrong} steps went otherwise than they should.`, "red");
  if (once) return wrong === 0 ? EXIT.ok : EXIT.software;
  for (const line of invitation(places, trusted)) narrator.say(line);
  return await stopped;
}

/** @param trusted the certificate's file */
function invitation({ smtp, pop3 }: Record<Service, Place>, trusted: string): string[] {
  const mail = `printf 'From: me@example.org\\r\\nTo: ben@${DOMAIN}\\r\\nSubject: hello\\r\\n\\r\\nHello.\\r\\n'`;
  const send = `curl smtp://${LOOPBACK}:${smtp.port} --mail-from me@example.org`;
  const fetch = `curl --user ben:anything pop3://${LOOPBACK}:${pop3.port}`;
  return [
    "Now you. Send a mail, list the mailbox, fetch one:",
    "",
    `  ${mail} | ${send} --mail-rcpt ben@${DOMAIN} --upload-file -`,
    `  ${fetch}/`,
    `  ${fetch}/1`,
    "",
    "The same in TLS, with the certificate that was made for this:",
    "",
    `  ${mail} | ${send} --mail-rcpt ben@${DOMAIN} --ssl-reqd --cacert ${trusted} --upload-file -`,
    "",
    "And what is refused:",
    "",
    `  ${mail} | ${send} --mail-rcpt victim@elsewhere.test --upload-file -`,
    `  ${fetch}/99`,
    "",
    `What the wrapper says of it: tail -f ${smtp.log} ${pop3.log}`,
    "Ctrl-C ends it and leaves nothing behind.",
  ];
}
