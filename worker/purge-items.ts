import {
  groupSelector,
  hostSelector,
  isTag,
  MAX_PATTERN_LENGTH,
  patternPrefix,
  patternSelector,
  prefixSelector,
  resourceKey,
  TAG_RULE,
  tagSelector,
  urlName,
  urlSelectors,
  type Selector,
} from "../src/index.ts";
import type { PurgeKind } from "./purge-credentials.ts";

/** What is wrong with a request, or to be said of it: the field, and a sentence that shows none of its content. */
export interface PurgeProblem {
  readonly field: string;
  readonly message: string;
}

/** One thing that a request names. */
export interface Named {
  readonly kind: PurgeKind;
  /** Where it stands in the request, such as `files[3]`; the field is what comes before the bracket. */
  readonly at: string;
  readonly selectors: readonly Selector[];
  /** The selectors for people to read: what it names, in full and in the spelling that is compared. */
  readonly means: string;
  /** `host` or `host/path` that it lies in, if it is of one. */
  readonly place?: string;
}

/** What a request is read against. */
export interface PurgeScope {
  /** The address that it came to, for paths and groups. */
  readonly url: string;
  /** The hosts of which it may purge, in the spelling of `readAuthority`. */
  readonly hosts: ReadonlySet<string>;
  /** The URL under which what a URL names is kept. */
  readonly resourceOf: (url: string) => string;
}

/** What one item means. `undefined` = it is malformed. */
type Meaning = Pick<Named, "selectors" | "means" | "place"> | undefined;

export interface ItemKind {
  readonly kind: PurgeKind;
  /** What an item must be, to follow "files[3] must be". */
  readonly form: string;
  /** Whether a `*` is refused: it would not be a wildcard. */
  readonly refusesWildcards: boolean;
  read(item: string, scope: PurgeScope): Meaning;
}

export const FILE: ItemKind = {
  kind: "files",
  form: "an http or https URL, or a path that begins with /",
  refusesWildcards: true,
  read(file, { url: asked, resourceOf }) {
    // Put together as text: "//elsewhere/x", resolved against a base, would be another host's.
    const url = file.startsWith("/") ? `https://${new URL(asked).host}${file}` : file;
    if (urlName(url) === undefined) return undefined;
    const resource = resourceOf(url);
    const name = urlName(resource);
    // Browsers keep what they asked for under the URL that they asked with.
    const selectors = [...new Set([resource, url].flatMap((each) => urlSelectors(each) ?? []))];
    if (selectors.length === 0 || name === undefined) return undefined;
    const { host, pathname } = new URL(resource);
    return { selectors, means: `url:${name}`, place: placeOf(prefixSelector(host + pathname)) };
  },
};

export const TAG: ItemKind = {
  kind: "tags",
  form: `a tag, which ${TAG_RULE}`,
  refusesWildcards: false,
  read: (tag) => (isTag(tag) ? { selectors: [tagSelector(tag)], means: `tag:${tag}` } : undefined),
};

export const HOST: ItemKind = {
  kind: "hosts",
  form: "a host name",
  refusesWildcards: true,
  read: (host) => readable(hostSelector(host), placeOf(hostSelector(host))),
};

export const PREFIX: ItemKind = {
  kind: "prefixes",
  form: "host/path, or a path that begins with /",
  refusesWildcards: true,
  read(prefix, { url: asked }) {
    const selector = prefixSelector(withHost(prefix, asked));
    return readable(selector, placeOf(selector));
  },
};

export const PATTERN: ItemKind = {
  kind: "patterns",
  form: `host/path or a path that begins with /, with a * in it, without query, of at most ${MAX_PATTERN_LENGTH} characters`,
  refusesWildcards: false,
  read(pattern, { url: asked }) {
    const selector = patternSelector(withHost(pattern, asked));
    return selector === undefined ? undefined : readable(selector, placeOf(patternPrefix(selector)));
  },
};

/** RFC 9875, 2: the name of a group is a String of RFC 9651, which is ASCII. */
const GROUP_NAME = /^[\x20-\x7e]{1,1024}$/;

export const GROUP: ItemKind = {
  kind: "groups",
  form: "a group's name in ASCII, or origin|name",
  refusesWildcards: false,
  read(group, { url: asked }) {
    const bar = /^https?:\/\//.test(group) ? group.indexOf("|") : -1;
    return bar < 0
      ? readGroup(new URL(resourceKey(asked)).origin, group)
      : readGroup(group.slice(0, bar), group.slice(bar + 1));
  },
};

/** A group of an origin. */
export function readGroup(origin: string, name: string): Meaning {
  if (!isOrigin(origin) || !GROUP_NAME.test(name)) return undefined;
  const url = new URL(resourceKey(origin));
  return {
    selectors: [groupSelector(origin, name)],
    means: `group:${url.origin}|${name}`,
    place: placeOf(hostSelector(url.host)),
  };
}

/** Whether a text is an http or https origin, with its port or without, and nothing more. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith("/")) return false;
  const { origin, href, protocol } = new URL(text);
  return /^https?:$/.test(protocol) && href === `${origin}/`;
}

/**
 * Reads one item by its kind, and checks that it is of a host that may be purged.
 *
 * @param at where it stands, such as `files[3]`
 */
export function readItem(
  { kind, form, refusesWildcards, read }: ItemKind,
  item: unknown,
  at: string,
  scope: PurgeScope,
): Named | PurgeProblem {
  if (typeof item !== "string" || item === "") return wrong(at, "must be a string that is not empty");
  if (item.length > MAX_ITEM_LENGTH) return wrong(at, `is longer than ${MAX_ITEM_LENGTH} characters`);
  if (CONTROL.test(item)) return wrong(at, "has a control character");
  if (refusesWildcards && item.includes("*")) return wrong(at, WILDCARD[kind] ?? NO_WILDCARD);
  const meant = read(item, scope);
  return meant === undefined
    ? wrong(at, `must be ${form}`)
    : checkedHost({ kind, at, ...meant }, scope.hosts);
}

/** The same for what was read already. */
export function checkedHost(named: Named, hosts: ReadonlySet<string>): Named | PurgeProblem {
  const host = named.place?.split("/", 1)[0];
  if (host === undefined || hosts.has(host)) return named;
  return wrong(named.at, "is of a host that may not be purged here");
}

/** A problem with what stands at a place; its field is the place without its index. */
export function wrong(at: string, message: string): PurgeProblem {
  return { field: at.replace(/[[.].*$/, ""), message: `${at} ${message}` };
}

const MAX_ITEM_LENGTH = 8_192;
const CONTROL = /\p{Cc}/u;
const NO_WILDCARD = "has a *, which is no wildcard there: patterns take wildcards";
const WILDCARD: Partial<Record<PurgeKind, string>> = {
  files: `${NO_WILDCARD}; to mean the character itself, write the file as {"url": ...}`,
};

function withHost(text: string, asked: string): string {
  return text.startsWith("/") ? `${new URL(asked).host}${text}` : text;
}

function readable(selector: Selector | undefined, place: string | undefined): Meaning {
  return selector === undefined
    ? undefined
    : { selectors: [selector], means: selector, ...(place && { place }) };
}

function placeOf(selector: Selector | undefined): string {
  return selector?.replace(/^[a-z]+:/, "") ?? "";
}
