// Which network a client is counted as, and in which wider one it is (pure). Knows addresses as text; not what is
// counted, nor why.

/** IPv4 one by one, also where it is written as IPv6; of IPv6 the network that one customer has. */
export function networkOf(address: string | null): string {
  if (address === null) return "unknown";
  const ipv4 = ipv4In(address);
  return ipv4 ?? `${headOf(address, 4)}::/64`;
}

/** The network around that one, which is one provider's or one customer's: 256 addresses, or 65,536 networks. */
export function widerOf(address: string | null): string {
  if (address === null) return "unknown";
  const ipv4 = ipv4In(address);
  return ipv4 === null ? `${headOf(address, 3)}::/48` : ipv4.replace(/[^.]*$/, "0/24");
}

function ipv4In(address: string): string | null {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return address.includes(":") ? null : address;
}

function headOf(address: string, count: number): string {
  const [before, after] = address.split("::") as [string, string?];
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const missing = Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups
    .slice(0, count)
    .map((group) => group.toString(16))
    .join(":");
}

/** A dotted end is two groups, of which none is among the first four. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => (group.includes(".") ? [0, 0] : [Number.parseInt(group, 16)]));
}
