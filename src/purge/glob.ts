/** What a text is to a glob. */
export interface GlobMatch {
  /** The glob matches the text. */
  readonly isWhole: boolean;
  /** The glob matches the text with a slash behind it. */
  readonly isSlashed: boolean;
  /** It matches a longer text that begins with this one. */
  readonly isOpen: boolean;
}

const WORD = 32;
const ASCII = 128;
const NO_MATCH: GlobMatch = { isWhole: false, isSlashed: false, isOpen: false };

/**
 * Compiles a glob: `*` is any characters but `/`, `**` any characters, both also none; everything else is itself.
 *
 * All ways to match go side by side, one bit each (Shift-And, Baeza-Yates and Gonnet 1992): a text costs one step for each
 * of its characters and 32 characters of the glob, whatever they are. Nothing is tried twice.
 */
export function glob(source: string): (text: string) => GlobMatch {
  const tokens = source.match(/\*+|[^*]/gs) ?? [];
  return tokens.length < WORD && tokens.every((token) => token.charCodeAt(0) < ASCII)
    ? ofOneWord(tokens)
    : ofManyWords(source, tokens);
}

/** Almost all globs are short: all of their ways are one number. */
function ofOneWord(tokens: readonly string[]): (text: string) => GlobMatch {
  const literals = new Uint32Array(ASCII);
  let stars = 0;
  let doubles = 0;
  for (const [index, token] of tokens.entries()) {
    const bit = 1 << index;
    if (token.startsWith("*")) stars |= bit;
    else mark(literals, token.charCodeAt(0) * WORD + index);
    if (token.startsWith("**")) doubles |= bit;
  }
  const slash = "/".charCodeAt(0);
  const pass = (state: number): number => state | ((state & stars) << 1);
  const step = (state: number, unit: number): number =>
    pass(((state & at(literals, unit)) << 1) | (state & (unit === slash ? doubles : stars)));
  const isEnd = (state: number): boolean => ((state >>> tokens.length) & 1) === 1;

  return (text) => {
    let state = pass(1);
    for (let index = 0; index < text.length; index += 1) {
      state = step(state, text.charCodeAt(index));
      if (state === 0) return NO_MATCH;
    }
    return { isWhole: isEnd(state), isSlashed: isEnd(step(state, slash)), isOpen: true };
  };
}

function ofManyWords(source: string, tokens: readonly string[]): (text: string) => GlobMatch {
  const words = Math.floor(tokens.length / WORD) + 1;
  const bits = (isSet: (token: string) => boolean): Uint32Array => {
    const set = new Uint32Array(words);
    for (const [index, token] of tokens.entries()) if (isSet(token)) mark(set, index);
    return set;
  };
  const stars = bits((token) => token.startsWith("*"));
  const doubles = bits((token) => token.length > 1 && token.startsWith("**"));
  const literals = new Map([...new Set(source)].map((unit) => [unit, bits((token) => token === unit)]));
  const none = new Uint32Array(words);

  /** Bit i: the tokens before the i-th have been matched. A star may match nothing, so what waits at it is past it too. */
  function pass(state: Uint32Array): Uint32Array {
    let carry = 0;
    for (let word = 0; word < words; word += 1) {
      const waiting = at(state, word) & at(stars, word);
      state[word] = at(state, word) | (waiting << 1) | carry;
      carry = waiting >>> (WORD - 1);
    }
    return state;
  }

  function step(state: Uint32Array, unit: string): boolean {
    const literal = literals.get(unit) ?? none;
    const loops = unit === "/" ? doubles : stars;
    let carry = 0;
    let isAlive = 0;
    for (let word = 0; word < words; word += 1) {
      const matched = at(state, word) & at(literal, word);
      const stays = at(state, word) & at(loops, word);
      state[word] = (matched << 1) | carry | stays;
      carry = matched >>> (WORD - 1);
      isAlive |= at(state, word);
    }
    if (isAlive !== 0) pass(state);
    return isAlive !== 0;
  }

  function isEnd(state: Uint32Array): boolean {
    const end = tokens.length;
    return ((at(state, Math.floor(end / WORD)) >>> (end % WORD)) & 1) === 1;
  }

  return (text) => {
    const state = new Uint32Array(words);
    mark(state, 0);
    pass(state);
    for (let index = 0; index < text.length; index += 1)
      if (!step(state, text.charAt(index))) return NO_MATCH;
    const isWhole = isEnd(state);
    step(state, "/");
    return { isWhole, isSlashed: isEnd(state), isOpen: true };
  };
}

function mark(set: Uint32Array, index: number): void {
  set[Math.floor(index / WORD)] = at(set, Math.floor(index / WORD)) | (1 << (index % WORD));
}

function at(set: Uint32Array, word: number): number {
  return set[word] ?? 0;
}
