import { isToken, listMembers, trimSpace } from "./fields.ts";

/** One alternative that a client accepts, and how much it likes it. */
export interface Preference {
  /** The coding, language range, charset or media range in its canonical spelling; parameters included. */
  readonly range: string;
  /** The quality value in thousandths, 0 to 1000; 0 = not acceptable (RFC 9110, 12.4.2). */
  readonly weight: number;
}

/** The fields of content negotiation, whose meaning this module knows. */
export type NegotiationField = "accept" | "accept-charset" | "accept-encoding" | "accept-language";

/**
 * What a field of content negotiation asks for, each alternative once, in the order of the field.
 * `undefined` when that is not certain: broken syntax, an invalid weight, or one alternative with two weights.
 */
export function parsePreferences(field: NegotiationField, value: string): readonly Preference[] | undefined {
  const weights = new Map<string, number>();
  for (const member of listMembers(value)) {
    const preference = PARSERS[field](member);
    if (preference === undefined) return undefined;
    const { range, weight } = preference;
    if ((weights.get(range) ?? weight) !== weight) return undefined;
    weights.set(range, weight);
  }
  return [...weights].map(([range, weight]) => ({ range, weight }));
}

/**
 * The canonical form of a request field: two values share it only if they mean the same to any origin, and it means
 * what they mean, so it may be both keyed and sent (RFC 9111, 4.1). `null`, an absent field, stays `null`.
 *
 * Alternatives go from the most to the least wanted, without what may be left unsaid. What is not certain of such a
 * field only has its white space and empty members put in order. Of other fields nobody here knows whether they are
 * lists: they are trimmed, but for "loose", which takes them for lists unless they are known to be none.
 *
 * @param options `order` of alternatives that are wanted alike: "strict" keeps it, as many origins prefer the first;
 *   "loose" sorts them, as it has no meaning (RFC 9110, 12.4.2 and 12.5.4). `@defaultValue` "strict"
 */
export function canonicalField(
  name: string,
  value: string | null,
  options: { readonly order?: "strict" | "loose" } = {},
): string | null {
  const { order = "strict" } = options;
  if (value === null) return null;
  const field = name.toLowerCase();
  const isKnown = isNegotiationField(field);
  if (!isKnown && (order === "strict" || isNoList(field))) return trimSpace(value);
  const preferences = isKnown ? parsePreferences(field, value) : undefined;
  if (preferences === undefined) return listMembers(value).join(", ");
  return preferences
    .toSorted((one, other) => other.weight - one.weight || (order === "loose" ? compare(one, other) : 0))
    .map(({ range, weight }) => (weight === 1_000 ? range : `${range};q=${weight / 1_000}`))
    .join(", ");
}

/**
 * Whether a stored response in one language is the best that a request could get, whatever its Vary says of
 * Accept-Language (RFC 9111, 4.1; RFC 4647, 3.3.1). Only what leaves no doubt counts: the language is the one range
 * that is wanted most, to the letter but for its case, and no wider range refuses it.
 *
 * @param contentLanguage the stored response's Content-Language: several languages are never the best match
 */
export function isBestLanguage(acceptLanguage: string | null, contentLanguage: string | null): boolean {
  if (acceptLanguage === null || contentLanguage === null) return false;
  const stored = trimSpace(contentLanguage);
  if (!LANGUAGE.test(stored)) return false;
  const tag = languageCase(stored);
  const preferences = parsePreferences("accept-language", acceptLanguage) ?? [];
  const most = preferences.reduce((weight, preference) => Math.max(weight, preference.weight), 1);
  const [best, rival] = preferences.filter(({ weight }) => weight === most);
  const refused = preferences.some(({ range, weight }) => weight === 0 && isWider(range, tag));
  return best?.range === tag && rival === undefined && !refused;
}

/**
 * How much a client wants what is in a language, in thousandths: the weight of the longest range that matches it
 * (RFC 4647, 3.3.1; RFC 9110, 12.5.4). All of it where the client or the response names no one language, or the field
 * cannot be read.
 */
export function languageWeight(acceptLanguage: string | null, contentLanguage: string | null): number {
  if (acceptLanguage === null || contentLanguage === null) return 1_000;
  const tag = trimSpace(contentLanguage);
  const preferences = LANGUAGE.test(tag) ? parsePreferences("accept-language", acceptLanguage) : undefined;
  if (preferences === undefined || preferences.length === 0) return 1_000;
  const lower = tag.toLowerCase();
  const matching = preferences.filter(
    ({ range }) => range === "*" || range.toLowerCase() === lower || isWider(range, lower),
  );
  const [closest] = matching.toSorted((one, other) => rangeLength(other) - rangeLength(one));
  return closest?.weight ?? 0;
}

function rangeLength({ range }: Preference): number {
  return range === "*" ? 0 : range.length;
}

/** Whether the range matches the tag and more: `en` is wider than `en-GB`. Letters in one case. */
function isWider(range: string, tag: string): boolean {
  return tag.toLowerCase().startsWith(`${range.toLowerCase()}-`);
}

/** By code units: the same order in every place and locale. */
function compare(one: Preference, other: Preference): number {
  return one.range < other.range ? -1 : one.range > other.range ? 1 : 0;
}

const PARSERS: Record<NegotiationField, (member: string) => Preference | undefined> = {
  accept: mediaPreference,
  "accept-charset": (member) => preference(member, tokenRange),
  "accept-encoding": (member) => preference(member, codingRange),
  "accept-language": (member) => preference(member, languageRange),
};

function isNegotiationField(name: string): name is NegotiationField {
  return Object.hasOwn(PARSERS, name);
}

/**
 * A range and at most a weight (RFC 9110, 12.5.2 to 12.5.4).
 *
 * @param spell the canonical spelling of the range, `undefined` if it is none
 */
function preference(member: string, spell: (range: string) => string | undefined): Preference | undefined {
  const semicolon = member.indexOf(";");
  const range = spell(semicolon < 0 ? member : trimSpace(member.slice(0, semicolon)));
  const weight = semicolon < 0 ? 1_000 : weightOf(trimSpace(member.slice(semicolon + 1)));
  return range === undefined || weight === undefined ? undefined : { range, weight };
}

function tokenRange(range: string): string | undefined {
  return isToken(range) ? range.toLowerCase() : undefined;
}

/** RFC 9110, 8.4.1.1 and 8.4.1.3: the old names mean the same codings. */
const OLD_CODINGS: ReadonlyMap<string, string> = new Map([
  ["x-gzip", "gzip"],
  ["x-compress", "compress"],
]);

function codingRange(range: string): string | undefined {
  const coding = tokenRange(range);
  return coding === undefined ? undefined : (OLD_CODINGS.get(coding) ?? coding);
}

/** RFC 4647, 2.1: a basic language range other than `*`. */
const LANGUAGE = /^[a-z]{1,8}(?:-[a-z\d]{1,8})*$/i;

function languageRange(range: string): string | undefined {
  if (range === "*") return range;
  return LANGUAGE.test(range) ? languageCase(range) : undefined;
}

/** RFC 5646, 2.1.1: case has no meaning, but this is the usual one: what origins that compare letters expect. */
function languageCase(tag: string): string {
  const subtags = tag.toLowerCase().split("-");
  const singleton = subtags.findIndex((subtag) => subtag.length === 1);
  return subtags
    .map((subtag, index) => {
      if (index === 0 || (singleton >= 0 && index > singleton)) return subtag;
      if (subtag.length === 2) return subtag.toUpperCase();
      return subtag.length === 4 ? subtag.charAt(0).toUpperCase() + subtag.slice(1) : subtag;
    })
    .join("-");
}

/** RFC 9110, 5.6.6: a parameter, or nothing, behind a semicolon. */
const PARAMETER = /[ \t]*;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~-]+|"[^"\\]*(?:\\.[^"\\]*)*"))?/gy;

/**
 * A media range, its parameters and a weight (RFC 9110, 12.5.1). Names lose their case; values stay as they are, for
 * their type alone knows what they mean. What follows the weight was an extension once and a parameter now: not certain.
 */
function mediaPreference(member: string): Preference | undefined {
  const semicolon = member.indexOf(";");
  const type = mediaRange(trimSpace(semicolon < 0 ? member : member.slice(0, semicolon)));
  if (type === undefined) return undefined;
  const parts = [type];
  let weight: number | undefined;
  let end = semicolon < 0 ? member.length : semicolon;
  for (const found of member.slice(end).matchAll(PARAMETER)) {
    end += found[0].length;
    const [, name, value] = found;
    if (name === undefined) continue;
    if (weight !== undefined) return undefined;
    if (name.toLowerCase() === "q") {
      weight = weightOf(`q=${value}`);
      if (weight === undefined) return undefined;
    } else parts.push(`${name.toLowerCase()}=${value}`);
  }
  return end < member.length ? undefined : { range: parts.join(";"), weight: weight ?? 1_000 };
}

function mediaRange(text: string): string | undefined {
  const [type = "", subtype = "", ...more] = text.toLowerCase().split("/", 3);
  if (!isToken(type) || !isToken(subtype) || more.length > 0) return undefined;
  return type === "*" && subtype !== "*" ? undefined : `${type}/${subtype}`;
}

/** RFC 9110, 12.4.2. */
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

function weightOf(text: string): number | undefined {
  const quality = WEIGHT.exec(text)?.[1];
  return quality === undefined ? undefined : Math.round(Number(quality) * 1_000);
}

/** Commas in these do not divide members, so what stands around them is part of the value. */
const NO_LISTS: ReadonlySet<string> = new Set([
  "authorization",
  "content-type",
  "cookie",
  "from",
  "host",
  "origin",
  "proxy-authorization",
  "range",
  "referer",
  "user-agent",
]);

/** Client hints and fetch metadata are structured fields, in which an empty member is an error (RFC 9651, 4.2). */
function isNoList(name: string): boolean {
  return NO_LISTS.has(name) || name.startsWith("sec-");
}
