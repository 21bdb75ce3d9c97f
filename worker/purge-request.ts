import {
  EVERYTHING,
  hostSelector,
  isTag,
  prefixSelector,
  readAuthority,
  TAG_RULE,
  tagSelector,
  urlSelector,
  type PurgeMode,
  type PurgeOrder,
  type Selector,
} from "../src/index.ts";

/** What is wrong with a request: the field, and a sentence that shows none of its content. */
export interface PurgeProblem {
  readonly field: string;
  readonly message: string;
}

/** The host that the request came to, for paths; and the hosts of which it may purge. */
export interface PurgeScope {
  readonly host: string;
  readonly hosts: readonly string[];
}

/** A body as an order for the ledger, or all that is wrong with it. */
export type PurgeReading = { readonly order: PurgeOrder } | { readonly problems: readonly PurgeProblem[] };

/** Selectors that one request may name. */
const MAX_PURGE_SELECTORS = 10_000;
const MAX_ITEM_LENGTH = 8_192;
const MAX_REASON_LENGTH = 500;
const CONTROL = /\p{Cc}/u;

/** What one item means: a selector, and the host it speaks for if it speaks for one. `undefined` = it is malformed. */
type Meaning = { readonly selector: Selector; readonly host?: string } | undefined;

interface ItemKind {
  /** What an item must be, to follow "files[3] must be". */
  readonly form: string;
  read(item: string, host: string): Meaning;
}

/** The fields that hold lists. A Map, so that no field name is special. */
const LISTS: ReadonlyMap<string, ItemKind> = new Map<string, ItemKind>([
  ["files", { form: "an http or https URL, or a path that begins with /", read: readFile }],
  [
    "tags",
    {
      form: `a tag, which ${TAG_RULE}`,
      read: (tag) => (isTag(tag) ? { selector: tagSelector(tag) } : undefined),
    },
  ],
  ["hosts", { form: "a host name", read: (host) => meaning(hostSelector(host), host) }],
  ["prefixes", { form: "host/path, or a path that begins with /", read: readPrefix }],
]);

/**
 * Reads Cloudflare's body shape, `{ files, tags, hosts, prefixes, purge_everything }`, and our `reason`. Strict:
 * one unknown or malformed part spoils the whole, so that no purge is ever half understood.
 */
export function readPurge(body: unknown, mode: PurgeMode, scope: PurgeScope): PurgeReading {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return refused("body", "must be a JSON object");
  const problems: PurgeProblem[] = [];
  const selectors: Selector[] = [];
  let reason: string | undefined;

  for (const [field, value] of Object.entries(body)) {
    const kind = LISTS.get(field);
    if (kind !== undefined) {
      const list = readList(field, kind, value, scope);
      if ("message" in list) problems.push(list);
      else selectors.push(...list.selectors);
    } else if (field === "purge_everything") {
      if (value === true) selectors.push(EVERYTHING);
      else problems.push(problem(field, "must be true, or left out"));
    } else if (field === "reason") {
      if (isReason(value)) reason = value;
      else problems.push(problem(field, `must be text of at most ${MAX_REASON_LENGTH} characters`));
    } else {
      problems.push(problem(field.slice(0, 80), "is not a field of a purge"));
    }
    if (selectors.length > MAX_PURGE_SELECTORS) problems.push(tooMany(field));
  }
  if (problems.length > 0) return { problems };
  if (selectors.length === 0)
    return refused("body", "must name files, tags, hosts, prefixes or purge_everything");
  return { order: { selectors, mode, ...(reason !== undefined && { reason }) } };
}

function readList(
  field: string,
  { form, read }: ItemKind,
  value: unknown,
  { host, hosts }: PurgeScope,
): { readonly selectors: readonly Selector[] } | PurgeProblem {
  if (!Array.isArray(value)) return problem(field, "must be a list of strings");
  if (value.length > MAX_PURGE_SELECTORS) return tooMany(field);
  const allowed = new Set(hosts.map(readAuthority));
  const selectors: Selector[] = [];
  for (const [index, item] of value.entries()) {
    const name = `${field}[${index}]`;
    if (typeof item !== "string" || item === "")
      return { field, message: `${name} must be a string that is not empty` };
    if (item.length > MAX_ITEM_LENGTH)
      return { field, message: `${name} is longer than ${MAX_ITEM_LENGTH} characters` };
    if (CONTROL.test(item)) return { field, message: `${name} has a control character` };
    const meant = read(item, host);
    if (meant === undefined) return { field, message: `${name} must be ${form}` };
    if (meant.host !== undefined && !allowed.has(readAuthority(meant.host))) {
      return { field, message: `${name} is of a host that may not be purged here` };
    }
    selectors.push(meant.selector);
  }
  return { selectors };
}

function readFile(file: string, host: string): Meaning {
  // Put together as text: "//elsewhere/x", resolved against a base, would be another host's.
  const url = file.startsWith("/") ? `https://${host}${file}` : file;
  const selector = urlSelector(url);
  return selector === undefined ? undefined : { selector, host: new URL(url).host };
}

function readPrefix(prefix: string, host: string): Meaning {
  const full = prefix.startsWith("/") ? `${host}${prefix}` : prefix;
  return meaning(prefixSelector(full), full.split("/", 1)[0]);
}

function meaning(selector: Selector | undefined, host: string | undefined): Meaning {
  return selector === undefined || host === undefined ? undefined : { selector, host };
}

function isReason(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_REASON_LENGTH && !CONTROL.test(value);
}

function tooMany(field: string): PurgeProblem {
  return problem(field, `must not bring the request above ${MAX_PURGE_SELECTORS} selectors`);
}

function problem(field: string, message: string): PurgeProblem {
  return { field, message: `${field} ${message}` };
}

function refused(field: string, message: string): PurgeReading {
  return { problems: [problem(field, message)] };
}
