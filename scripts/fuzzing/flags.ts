// Knows how the values that a simulated session runs with are said on the command line.

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What is neither text, nor a number, nor a flag, is a table of the session's own, and empty here as there. */
export function flagsOf(values: object): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((one) => ["string", "number", "boolean"].includes(typeof one))
      .map((one) => `--${kebab(name)}=${one}`),
  );
}
