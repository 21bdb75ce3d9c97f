import type { RedisCommands } from "../../redis.ts";

const PAGE = "500";

/**
 * The keys on a server, or on all nodes of a cluster, that begin with a text, in pages; each once. Keys that come or go
 * meanwhile may be missed or told of.
 *
 * @param ask what waits for an answer for so long and no longer
 */
export async function* scan(
  { send, isCluster, nodes, keyPrefix = "" }: RedisCommands,
  start: string,
  ask: (answer: Promise<unknown>) => Promise<unknown>,
): AsyncGenerator<readonly string[]> {
  const pattern = `${escaped(keyPrefix + start)}*`;
  const told = new Set<string>();
  const places =
    isCluster && nodes !== undefined
      ? ((await ask(nodes())) as readonly { send: typeof send }[])
      : [{ send }];
  for (const place of places) {
    let cursor = "0";
    do {
      const [next, page] = readPage(await ask(place.send(["SCAN", cursor, "MATCH", pattern, "COUNT", PAGE])));
      const names = page.map((name) => name.slice(keyPrefix.length)).filter((name) => !told.has(name));
      for (const name of names) told.add(name);
      if (names.length > 0) yield names;
      cursor = next;
    } while (cursor !== "0");
  }
}

/** A text as a pattern of Redis that matches it alone. */
function escaped(text: string): string {
  return text.replace(/[*?[\]\\]/g, String.raw`\$&`);
}

function readPage(answer: unknown): [cursor: string, names: readonly string[]] {
  const [cursor, names]: unknown[] = Array.isArray(answer) ? answer : [];
  if (!Array.isArray(names)) throw new Error("Redis answered SCAN in a form that is not its own");
  return [String(cursor), names.map(String)];
}
