// Files that ship, as a manual shows them (mdoc): behind a comment that names the file, what stands in it. Knows how they
// are written down; not what is in them.

/** The page with the files as they are now. @param read of a path from the root of the project */
export function withShown(page: string, read: (path: string) => string): string {
  return page.replace(SHOWN, (_, path: string) => shown(path, read(path)));
}

const SHOWN = /^\.\\" (scripts\/\S+)\n\.Bd -literal -offset indent\n[\s\S]*?^\.Ed$/gm;

function shown(path: string, text: string): string {
  const lines = text.trimEnd().split("\n").map(escaped);
  return [`.\\" ${path}`, ".Bd -literal -offset indent", ...lines, ".Ed"].join("\n");
}

/** What would be a macro, or an escape, is text. */
function escaped(line: string): string {
  return line.replaceAll("\\", "\\e").replace(/^(?=[.'])/, "\\&");
}
