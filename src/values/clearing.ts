import { cannot } from "../errors.ts";
import { escapeGlob, globMatcher } from "../stores/glob.ts";
import { inBackground, type Core, type Scope } from "./core.ts";
import { deleteTexts, order } from "./purges.ts";
import { dropNear, peekHeld } from "./shelf.ts";

/** Keys that one delete names at most. */
const MOST_KEYS = 1_000;

/**
 * Deletes the keys of a scope that match a pattern; resolves to how many there were.
 *
 * @throws {TypeError} if the pattern is no text, or the last tier cannot tell its keys
 * @throws {RangeError} if the pattern is too long
 */
export async function deletePattern(core: Core, scope: Scope, pattern: string): Promise<number> {
  const isMatch = globMatcher(pattern);
  const { start } = scope;
  core.fences.raiseWhere((text) => text.startsWith(start) && isMatch(text.slice(start.length)));
  let deleted = 0;
  let texts = new Set<string>();
  for await (const text of textsOf(core, scope, pattern)) {
    texts.add(text);
    if (texts.size < MOST_KEYS) continue;
    deleted += await deleteKnown(core, texts);
    texts = new Set();
  }
  return deleted + (await deleteKnown(core, texts));
}

async function deleteKnown(core: Core, texts: ReadonlySet<string>): Promise<number> {
  await deleteTexts(core, [...texts]);
  return texts.size;
}

/** Makes all that a scope holds unreadable, and frees its room where a tier can tell its keys. */
export async function clearScope(core: Core, scope: Scope): Promise<void> {
  await purgeScope(core, scope);
  if (core.hot?.keys !== undefined) {
    for await (const text of core.hot.keys(`${escapeGlob(scope.start)}*`)) {
      if (peekHeld(core, text, core.clock()) !== undefined) dropNear(core, text);
    }
  }
  const { far } = core;
  if (far?.keys === undefined) return;
  const removal = (async () => {
    let keys: string[] = [];
    for await (const text of farTexts(core, scope, "*")) {
      keys.push(core.spaced(text));
      if (keys.length < MOST_KEYS) continue;
      await far.delete(keys);
      keys = [];
    }
    if (keys.length > 0) await far.delete(keys);
  })();
  // Reading it is impossible already: room is all that is left to gain.
  if (core.waitUntil === undefined) await removal.catch(() => undefined);
  else inBackground(core, removal, undefined);
}

/** One step: all that a scope holds lies below the ledger's position from now on. Resolves to that. */
export async function purgeScope(core: Core, scope: Scope): Promise<number> {
  core.fences.raiseWhere((text) => text.startsWith(scope.start));
  core.failures.clear();
  const { position } = await order(core, [scope.selectors.at(-1) ?? core.selector], "hard");
  return position;
}

async function* textsOf(core: Core, scope: Scope, pattern: string): AsyncGenerator<string> {
  if (core.far !== undefined && core.far.keys === undefined) {
    throw new TypeError(
      cannot("delete by pattern", "the last tier cannot tell its keys; tags can do it", core.far.name),
    );
  }
  if (core.hot?.keys !== undefined) {
    for await (const text of core.hot.keys(escapeGlob(scope.start) + pattern)) {
      if (isOwn(scope, text) && peekHeld(core, text, core.clock()) !== undefined) yield text;
    }
  }
  yield* farTexts(core, scope, pattern);
}

async function* farTexts({ far, spaced }: Core, scope: Scope, pattern: string): AsyncGenerator<string> {
  const front = spaced("");
  if (far?.keys === undefined) return;
  for await (const key of far.keys(escapeGlob(front + scope.start) + pattern)) {
    const text = key.slice(front.length);
    if (isOwn(scope, text)) yield text;
  }
}

/** Locks are nobody's values, and the keys of a namespace are not those of what it stands in. */
function isOwn({ start }: Scope, text: string): boolean {
  return start !== "" || !/^[!@]/.test(text);
}
