// Knows how many handshakes in a second somebody has, as openssl's s_time sees it: with so many of it at once, each doing
// one after the other, and none of a session that was before.

/** @throws when there was none */
export async function handshakesPerSecond(port: number, atOnce: number, seconds: number): Promise<number> {
  const one = async () => {
    const argv = ["openssl", "s_time", "-connect", `127.0.0.1:${port}`, "-new", "-time", String(seconds)];
    const child = Bun.spawn(argv, { stdio: ["ignore", "pipe", "ignore"] });
    const text = await child.stdout.text();
    await child.exited;
    const [, count, real] = /^(\d+) connections in (\d+) real seconds/m.exec(text) ?? [];
    if (!Number(count)) throw new Error(`no handshake: ${JSON.stringify(text.slice(-200))}`);
    return Number(count) / Number(real);
  };
  const rates = await Promise.all(Array.from({ length: atOnce }, one));
  return rates.reduce((sum, rate) => sum + rate, 0);
}
