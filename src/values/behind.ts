import { inBackground, type Core } from "./core.ts";
import type { WaitUntil } from "./options.ts";

/** Lets a write of keys go on behind the caller's back; who goes by what stands outside waits for it, by `written`. */
export function keepBehind(
  core: Core,
  texts: readonly string[],
  write: Promise<unknown>,
  waitUntil: WaitUntil | undefined,
): void {
  inBackground(core, write, waitUntil);
  for (const text of texts) {
    const all = Promise.allSettled([core.writing.get(text), write]);
    core.writing.set(text, all);
    void all.then(() => core.writing.get(text) === all && core.writing.delete(text));
  }
}

/** Resolves once what this process was writing to the stores outside, under that key, is there or has failed. */
export async function written(core: Core, text: string): Promise<void> {
  await core.writing.get(text);
}
