/** How many texts are remembered, and up to what length: what is longer seldom comes twice. */
const MOST_TEXTS = 256;
const LONGEST_TEXT = 256;

const remembered = new Map<string, Facts>();

interface Facts {
  readonly value: unknown;
}

/**
 * The facts of an entry from their text; an empty text is `undefined` facts. Most entries have the same few, so what was
 * read is remembered, frozen. `undefined` if the text is no JSON.
 */
export function rememberedFacts(text: string): Facts | undefined {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const facts = readFacts(text);
  if (facts === undefined || text.length > LONGEST_TEXT) return facts;
  if (remembered.size >= MOST_TEXTS) remembered.clear();
  remembered.set(text, { value: frozen(facts.value) });
  return facts;
}

function readFacts(text: string): Facts | undefined {
  try {
    return { value: text === "" ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
