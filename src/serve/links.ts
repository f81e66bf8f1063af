// What the supervisor talks to one worker through, and to whoever asks blackhole lists for it. Knows sockets and the
// first order; not what is said later.

import { close } from "../os/libc.ts";
import { type Control, control } from "./control.ts";
import { end, type Launched } from "./launch.ts";
import { MOST_REPORT, writeOrder } from "./words.ts";

export interface Links {
  readonly control: Control;
  readonly names: { readonly pid: number; readonly control: Control } | null;
}

/**
 * Both are told what they are to do.
 * @param onLine told what the worker says, and how many octets that took
 * @throws when a descriptor cannot be had: then nothing of what was launched is left
 */
export async function linksTo(
  { pid, passage, control: fd, names }: Launched,
  configuration: string,
  onLine: (line: string, cost: number) => void,
  onEnd: () => void,
): Promise<Links> {
  const configure = writeOrder({ word: "configure", text: configuration });
  try {
    const link = await control(fd, onLine, onEnd, MOST_REPORT);
    link.send(configure);
    if (names === null) return { control: link, names };
    // It has nothing to say to us.
    const asking = await control(
      names.control,
      () => {},
      () => {},
      0,
    );
    asking.send(configure);
    return { control: link, names: { pid: names.pid, control: asking } };
  } catch (error) {
    for (const one of [pid, names?.pid ?? 0]) end(one);
    for (const one of [fd, passage, names?.control ?? -1]) close(one);
    throw error;
  }
}
