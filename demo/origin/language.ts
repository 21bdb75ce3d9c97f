/**
 * The languages the data has names in: its own three-letter codes, and the tags that HTTP uses for
 * them (BCP 47 takes the two-letter code where there is one). The data says `per` for Persian.
 */
const tagOfSourceCode: Readonly<Record<string, string>> = {
  ara: "ar",
  ces: "cs",
  deu: "de",
  est: "et",
  fin: "fi",
  fra: "fr",
  hrv: "hr",
  hun: "hu",
  ita: "it",
  jpn: "ja",
  kor: "ko",
  nld: "nl",
  per: "fa",
  pol: "pl",
  por: "pt",
  rus: "ru",
  slk: "sk",
  spa: "es",
  srp: "sr",
  swe: "sv",
  tur: "tr",
  urd: "ur",
  zho: "zh",
};

/** Every country has English names; they answer whoever asks for nothing we have. */
export const defaultLanguage = "en";

/** All languages of the data, the default first. */
export const languages: readonly string[] = [defaultLanguage, ...Object.values(tagOfSourceCode).sort()];

/** The HTTP language tag of a code in the data, or `undefined` for a language we do not list. */
export function languageTag(sourceCode: string): string | undefined {
  return tagOfSourceCode[sourceCode];
}

interface LanguageRange {
  range: string;
  quality: number;
}

/**
 * Chooses the language to answer in. A range such as `fr-CA` is shortened until a language matches
 * (RFC 4647, 3.4), the greatest `q` wins, a tie goes to the range that was written first, and `q=0`
 * refuses a language. When nothing matches, the default answers: RFC 9110, 12.5.4 prefers that to
 * an error. A malformed member of the list is skipped.
 */
export function negotiateLanguage(
  acceptLanguage: string | undefined,
  available: readonly string[] = languages,
): string {
  const ranges = parseRanges(acceptLanguage ?? "");
  const wildcard = ranges.find(({ range }) => range === "*");
  let best: { language: string; quality: number; position: number } | undefined;
  for (const language of available) {
    const match = matchOf(language, ranges);
    const quality = match?.quality ?? wildcard?.quality ?? 0;
    // A wildcard yields to every language that was named with the same quality.
    const position = match?.position ?? ranges.length;
    if (quality === 0) continue;
    const better =
      best === undefined || quality > best.quality || (quality === best.quality && position < best.position);
    if (better) best = { language, quality, position };
  }
  return best?.language ?? available[0] ?? defaultLanguage;
}

function matchOf(
  language: string,
  ranges: readonly LanguageRange[],
): { quality: number; position: number } | undefined {
  let best: { quality: number; position: number } | undefined;
  for (const [position, { range, quality }] of ranges.entries()) {
    if (range === language && quality === 0) return { quality: 0, position };
    if (range !== language && !range.startsWith(`${language}-`)) continue;
    // A refused dialect (`fr-CA;q=0`) says nothing of the language itself.
    if (quality > (best?.quality ?? 0)) best = { quality, position };
  }
  return best;
}

function parseRanges(header: string): LanguageRange[] {
  // Longer headers are noise or an attack; whatever they ask for, the first part decides.
  const members = header.slice(0, 1_000).toLowerCase().split(",").slice(0, 50);
  return members.flatMap((member): LanguageRange[] => {
    const match =
      /^\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/.exec(member);
    const range = match?.[1];
    return range === undefined ? [] : [{ range, quality: Number(match?.[2] ?? "1") }];
  });
}
