/** How many texts are remembered, and up to what length: what is longer seldom comes twice. */
const MOST_TEXTS = 256;
const LONGEST_TEXT = 256;
const LONGEST_WHOLE = 2_048;

const remembered = new Map<string, Facts>();

interface Facts {
  readonly value: unknown;
}

/** What was read last: entries that are read together mostly have the same. */
let last = { text: "", facts: { value: undefined as unknown } };

/**
 * The facts of an entry from a part of a text; an empty one is `undefined` facts. Most entries have the same few, so what
 * was read is remembered, frozen. `undefined` if it is no JSON.
 */
export function factsIn(whole: string, start: number, end: number): Facts | undefined {
  if (end - start === last.text.length && whole.startsWith(last.text, start)) return last.facts;
  const text = whole.substring(start, end);
  // A part keeps the whole in memory.
  if (text.length > LONGEST_TEXT || whole.length > LONGEST_WHOLE) return readFacts(text);
  const facts = rememberedFacts(text);
  if (facts !== undefined) last = { text, facts };
  return facts;
}

function rememberedFacts(text: string): Facts | undefined {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const facts = readFacts(text);
  if (facts === undefined) return undefined;
  if (remembered.size >= MOST_TEXTS) remembered.clear();
  remembered.set(text, facts);
  freeze(facts.value);
  return facts;
}

function readFacts(text: string): Facts | undefined {
  try {
    return { value: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(value)) freeze(member);
  Object.freeze(value);
}
