import type { Core, Scope } from "./core.ts";
import { Held } from "./held.ts";
import { FIRST_FREE, keyText, type CacheKey } from "./keys.ts";
import type { Schema } from "./schema.ts";
import { isCurrent } from "./standing.ts";

/**
 * The value in memory if it can be handed out with no question asked: fresh, not due for an early refresh, of the schema, and
 * current by the snapshot. The way that nearly every read takes: one reading of the clock, one look-up, no promise, nothing
 * allocated. Any doubt is `undefined`: the slow way decides.
 *
 * @throws {TypeError} if the key cannot be used
 */
export function quickReader(
  core: Core,
  scope: Scope,
): (key: CacheKey, schema: Schema<unknown> | undefined) => Held | undefined {
  const { hot, machineClock: clock } = core;
  const { start } = scope;
  if (hot?.peek === undefined) return () => undefined;
  const peek = hot.peek.bind(hot);
  return (key, schema) => {
    const text = start === "" ? quickText(key) : start + keyText(key);
    const now = clock();
    const held = peek(text, now);
    if (!(held instanceof Held)) return undefined;
    const { life } = held;
    if (life.owner !== core || now - core.bornAt >= held.endsAfter - life.asksBefore) return undefined;
    if (schema !== undefined && life.schema !== schema) return undefined;
    return isCurrent(core, scope, text, held, now) ? held : undefined;
  };
}

/** As `keyText`, but for texts with lone surrogates, under which memory has nothing. */
function quickText(key: CacheKey): string {
  return typeof key === "string" && key.charCodeAt(0) >= FIRST_FREE ? key : keyText(key);
}
