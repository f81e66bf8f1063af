// What testssl.sh says of the TLS that is spoken here: in its sections on protocols, ciphers and vulnerabilities nothing
// above LOW.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { makeCertificate } from "../certificate.ts";
import { part, program } from "../e2e/parts/missing.ts";
import { run } from "../e2e/parts/process.ts";
import { Scratch } from "../e2e/parts/scratch.ts";
import { TlsFront, tlsNeeds } from "../e2e/parts/tlsfront.ts";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What it tells of its own OpenSSL. */
const OWN = ["engine_problem"];

const FINE = ["OK", "INFO", "LOW", "DEBUG"];

for (const [protocol, mode] of [
  ["smtp", "required"],
  ["pop3", "implicit"],
] as const)
  for (const profile of ["intermediate", "modern"])
    for (const kind of ["ec", "rsa"] as const)
      part(
        `testssl.sh finds nothing above LOW: ${protocol}, ${mode}, ${profile}, ${kind}`,
        [...tlsNeeds, program("testssl")],
        async () => {
          await using scratch = new Scratch();
          const directory = scratch.directory("certificates");
          const authority = makeCertificate(directory, "authority", { common: "Tests", isAuthority: true });
          const names = "DNS:localhost";
          const made = makeCertificate(directory, "mx", {
            common: "localhost",
            names,
            kind,
            issuer: authority,
          });
          const certificates = ["--tls-cert", made.certificate, "--tls-key", made.key];
          const options = ["--tls-profile", profile, "--max-connections", "0"];
          const plan = { protocol, mode, options, certificates };
          await using front = await TlsFront.stand("--listen", scratch, plan);
          const file = `${scratch.path}/findings.json`;
          const asks = mode === "required" ? ["--starttls", protocol] : [];
          const sections = ["--protocols", "--std", "--vulnerable", "--fs", "--grease"];
          const quietly = [
            "--quiet",
            "--color",
            "0",
            "--warnings",
            "off",
            "--nodns",
            "none",
            "--ip",
            "127.0.0.1",
          ];
          const where = `localhost:${front.standing!.port}`;
          const argv = ["testssl", ...quietly, "--add-ca", authority.certificate, "--jsonfile", file];
          const { stdout } = await run(scratch, [...argv, ...asks, ...sections, where], { ms: 900_000 });
          const findings = JSON.parse(readFileSync(file, "utf8")) as Finding[];
          const ours = findings.filter(({ id }) => !OWN.includes(id));
          const said = ours.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`);
          expect(said.filter((line) => !FINE.includes(line.split(" ")[0]!))).toEqual([]);
          // It has looked.
          for (const id of ["TLS1", "TLS1_3", "heartbleed", "ROBOT", "secure_renego", "PFS"])
            expect([id, findings.some((one) => one.id === id), stdout.length > 0]).toEqual([id, true, true]);
          expect(front.standing!.log).not.toMatch(/event=fault|state=left/);
        },
        1_000_000,
      );
