import type { LedgerView } from "../src/index.ts";
import {
  checkedHost,
  FILE,
  HOST,
  isOrigin,
  PREFIX,
  readGroup,
  readItem,
  wrong,
  type ItemKind,
  type Named,
  type PurgeProblem,
  type PurgeScope,
} from "./purge-items.ts";
import { isObject, MAX_PURGE_SELECTORS, readSettings, refused, type PurgeReading } from "./purge-request.ts";

/** The selector types of draft-nottingham-http-invalidation, 3.1. */
const TYPES = ["uri", "uri-prefix", "origin", "group"] as const;
type SelectorType = (typeof TYPES)[number];

/** Each wants absolute URIs, and takes a `*` as what it is in a URI: itself. */
const ABSOLUTE = { refusesWildcards: false } as const;
const KINDS: Record<Exclude<SelectorType, "group">, ItemKind> = {
  uri: {
    ...FILE,
    ...ABSOLUTE,
    form: "an http or https URI",
    read: (uri, scope) => (isAbsolute(uri) ? FILE.read(uri, scope) : undefined),
  },
  "uri-prefix": {
    ...PREFIX,
    ...ABSOLUTE,
    form: "an http or https URI without query and fragment",
    read(uri, scope) {
      if (!isAbsolute(uri) || /[?#]/.test(uri)) return undefined;
      const { host, pathname } = new URL(uri);
      return PREFIX.read(`${host}${pathname}`, scope);
    },
  },
  origin: {
    ...HOST,
    ...ABSOLUTE,
    form: "an origin, such as https://example.com:443",
    read: (origin, scope) => (isOrigin(origin) ? HOST.read(new URL(origin).host, scope) : undefined),
  },
};

/**
 * Reads the event format of draft-nottingham-http-invalidation: `{ type, selectors, groups?, purge? }`, and our `reason`,
 * `dry_run` and `idempotency_key`. Other members are ignored, as the draft wants it. What is not to be `purge`d is
 * invalidated softly: stale, and served only as far as its own stale windows allow.
 *
 * Prefixes match whole segments; the scheme plays no part but in groups. Both can only reach further than the draft's.
 */
export function readInvalidation(body: unknown, scope: PurgeScope): PurgeReading {
  if (!isObject(body)) return refused("body", "must be a JSON object");
  const { type, selectors, groups, purge = false } = body;
  if (typeof type !== "string") return refused("type", "must be text");
  if (!isSelectorType(type)) return refused("type", `must be one of ${TYPES.join(", ")}`, 501);
  if (!Array.isArray(selectors) || selectors.length === 0)
    return refused("selectors", "must be a list of strings that is not empty");
  if (typeof purge !== "boolean") return refused("purge", "must be true or false");
  const isOfGroups = type === "group";
  if (isOfGroups && !(Array.isArray(groups) && groups.length > 0))
    return refused("groups", "must be a list of strings that is not empty");
  const count = selectors.length * (isOfGroups && Array.isArray(groups) ? groups.length : 1);
  if (count > MAX_PURGE_SELECTORS)
    return refused("selectors", `must not bring the request above ${MAX_PURGE_SELECTORS} selectors`);
  const settings = readSettings(body);
  if ("problems" in settings) return settings;
  const named: Named[] = [];
  for (const each of type === "group"
    ? readGroups(selectors, Array.isArray(groups) ? groups : [], scope)
    : selectors.map((item, index) => readItem(KINDS[type], item, `selectors[${index}]`, scope))) {
    if ("message" in each) return { problems: [each] };
    named.push(each);
  }
  return { wish: { named, mode: purge ? "hard" : "soft", notes: [], ...settings } };
}

/**
 * The gateway description format of the same draft (4): what this cache can be asked for, and how soon it is done.
 *
 * @param url where the invalidation resource is
 * @param targeted fields that speak to this cache alone (RFC 9213), in their order
 */
export function gatewayDescription(
  url: string,
  { bound }: LedgerView,
  targeted: readonly string[] | undefined,
): object {
  return {
    description: "Tidemark",
    invalidation: {
      uri: url,
      selectors: TYPES,
      purge: true,
      ...(Number.isFinite(bound) && { "p95-latency": Math.ceil(bound * 1_000) }),
    },
    ...(targeted && { "targeted-cc": targeted }),
  };
}

function readGroups(
  selectors: readonly unknown[],
  groups: readonly unknown[],
  scope: PurgeScope,
): readonly (Named | PurgeProblem)[] {
  return selectors.flatMap((origin, index) => {
    const at = `selectors[${index}]`;
    if (typeof origin !== "string" || !isOrigin(origin)) return [wrong(at, `must be ${KINDS.origin.form}`)];
    return groups.map((group, place) => {
      const meant = typeof group === "string" ? readGroup(origin, group) : undefined;
      return meant === undefined
        ? wrong(`groups[${place}]`, "must be a group's name in ASCII")
        : checkedHost({ kind: "groups", at, ...meant }, scope.hosts);
    });
  });
}

function isSelectorType(type: string): type is SelectorType {
  return TYPES.some((each) => each === type);
}

function isAbsolute(uri: string): boolean {
  return URL.canParse(uri) && /^https?:\/\//i.test(uri);
}
