import { isTag, prefixSelector, readAuthority, type PurgeMode } from "../src/index.ts";

/** What a request may name, by the fields of the body in which it names it. */
export const PURGE_KINDS = [
  "files",
  "tags",
  "prefixes",
  "hosts",
  "groups",
  "patterns",
  "everything",
] as const;
export type PurgeKind = (typeof PURGE_KINDS)[number];
/** What a credential may do: purge what is named so, read the log, have requests explained. */
export type PurgeRight = PurgeKind | "log" | "explain";

/** Who may ask for purges, and for which. */
export interface PurgeCredential {
  /** For the log and for answers: 1 to 64 letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** The bearer token: at least 16 visible ASCII characters. */
  readonly token: string;
  readonly may: readonly PurgeRight[];
  /** @defaultValue both */
  readonly modes?: readonly PurgeMode[];
  /** Hosts to which files, prefixes, hosts, groups and patterns are limited. @defaultValue none */
  readonly hosts?: readonly string[];
  /** Paths as `host/path` to which they are limited, besides `hosts`. @defaultValue no limit if there are no `hosts` either */
  readonly prefixes?: readonly string[];
  /** What its tags must begin with. Tags know no host: without this any tag of any host may be purged. @defaultValue no limit */
  readonly tags?: readonly string[];
}

const RIGHTS: readonly string[] = [...PURGE_KINDS, "log", "explain"] satisfies PurgeRight[];
/** Of 94 characters each: nobody guesses 16 of them, at whatever rate. */
export const SHORTEST_TOKEN = 16;
const TOKEN = /^[\x21-\x7e]+$/;

const PLAIN_TOKEN_NAME = /^token-\d+$/;

/** A plain token's credential, with every right. Blank tokens are none. */
export function tokenCredentials(tokens: readonly string[]): readonly PurgeCredential[] {
  return tokens
    .filter((token) => token.trim() !== "")
    .map((token, index) => ({ name: `token-${index + 1}`, token, may: [...PURGE_KINDS, "log", "explain"] }));
}

/**
 * Reads credentials from JSON, a list of {@link PurgeCredential}. Blank text is an empty list.
 *
 * @param variable what errors call it
 * @throws {TypeError} with one sentence that names the field at fault; nothing of what stands there is quoted
 */
export function readCredentials(text: string, variable: string): readonly PurgeCredential[] {
  if (text.trim() === "") return [];
  const list = parseJson(text);
  if (!Array.isArray(list)) throw refusal(variable, "must be a JSON list of credentials");
  const credentials = list.map((item: unknown, index) => readCredential(item, `${variable}[${index}]`));
  for (const [index, { name, token }] of credentials.entries()) {
    const others = credentials.slice(0, index);
    const at = `${variable}[${index}]`;
    if (others.some((other) => other.name === name))
      throw refusal(`${at}.name`, "must differ from the others");
    if (others.some((other) => other.token === token))
      throw refusal(`${at}.token`, "must differ from the others");
  }
  return credentials;
}

function readCredential(item: unknown, at: string): PurgeCredential {
  if (typeof item !== "object" || item === null || Array.isArray(item))
    throw refusal(at, "must be an object");
  const fields = new Map<string, unknown>(Object.entries(item));
  if (![...fields.keys()].every((field) => FIELDS.includes(field)))
    throw refusal(at, `must have no other fields than ${FIELDS.join(", ")}`);
  const [name, token] = [fields.get("name"), fields.get("token")];
  if (typeof name !== "string" || !/^[\w.-]{1,64}$/.test(name))
    throw refusal(`${at}.name`, "must be 1 to 64 letters, digits, dots, dashes or underscores");
  if (PLAIN_TOKEN_NAME.test(name))
    throw refusal(`${at}.name`, "must not be token- and a number, as plain tokens are called");
  if (typeof token !== "string" || token.length < SHORTEST_TOKEN || !TOKEN.test(token))
    throw refusal(`${at}.token`, `must be at least ${SHORTEST_TOKEN} visible ASCII characters`);
  const read = <T extends string>(field: string, isItem: (text: string) => text is T, form: string) =>
    readList(fields.get(field), isItem, () => refusal(`${at}.${field}`, `must list ${form}`));
  const may = read("may", isRight, `some of ${RIGHTS.join(", ")}`);
  if (may === undefined) throw refusal(`${at}.may`, `must list some of ${RIGHTS.join(", ")}`);
  const [hosts, prefixes] = [read("hosts", isHost, "hosts"), read("prefixes", isPrefix, "host/path")];
  const tags = read("tags", isBeginning, "what tags begin with");
  const isLimited = (hosts ?? prefixes ?? tags) !== undefined;
  for (const whole of ["everything", "log"] as const)
    if (isLimited && may.includes(whole))
      throw refusal(`${at}.may`, `must not have ${whole} beside hosts, prefixes or tags: it knows no limits`);
  const modes = read("modes", isMode, "hard, soft or both");
  return {
    name,
    token,
    may,
    ...(modes && { modes }),
    ...(hosts && { hosts }),
    ...(prefixes && { prefixes }),
    ...(tags && { tags }),
  };
}

const FIELDS: readonly string[] = [
  "name",
  "token",
  "may",
  "modes",
  "hosts",
  "prefixes",
  "tags",
] satisfies (keyof PurgeCredential)[];

function readList<T extends string>(
  value: unknown,
  isItem: (text: string) => text is T,
  failure: () => TypeError,
): readonly T[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length === 0) throw failure();
  return value.map((item: unknown) => {
    if (typeof item !== "string" || !isItem(item)) throw failure();
    return item;
  });
}

function isRight(text: string): text is PurgeRight {
  return RIGHTS.includes(text);
}

function isMode(text: string): text is PurgeMode {
  return text === "hard" || text === "soft";
}

function isHost(text: string): text is string {
  return readAuthority(text) !== undefined;
}

function isPrefix(text: string): text is string {
  // A deeper one would be cut, and so give more than it says.
  return prefixSelector(text) !== undefined && !text.includes("*") && text.split("/").length <= 32;
}

function isBeginning(text: string): text is string {
  return isTag(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(field: string, rule: string): TypeError {
  return new TypeError(`Cannot start: ${field} ${rule}`);
}
