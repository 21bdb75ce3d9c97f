import { LRUCache } from "lru-cache";
import { systemClock } from "../clock.ts";
import { fieldReader } from "../http/fields.ts";
import {
  formatNoVarySearch,
  isEquivalentQuery,
  parseNoVarySearch,
  searchKey,
  type NoVarySearch,
} from "../http/no-vary-search.ts";
import type { StoredFacts } from "../http/stored.ts";
import { joinKey } from "../key.ts";
import { standing } from "../purge/check.ts";
import type { Entry } from "../store.ts";
import type { ResponsePeek } from "./peek.ts";
import type { ResponseStore, ResponseStoreOptions } from "./response-store.ts";

/** Paths of which the last No-Vary-Search is remembered. */
const PATHS = 10_000;

export interface AliasOptions<Body> extends Pick<ResponseStoreOptions<Body>, "tiers" | "spaced" | "clock"> {
  /** Looks into the nearest of the tiers. */
  readonly peek: ResponsePeek<Body>;
}

/** A response store that can tell at once what its nearest tier has. */
export interface PeekingStore<Body> extends ResponseStore<Body> {
  readonly peek: ResponsePeek<Body>;
}

/**
 * A response store that also finds what is stored under another query, where the stored response's No-Vary-Search says
 * that this makes no difference. A lookup of the exact URL comes first and costs what it did; only when it finds nothing,
 * and a response of the path has been seen here to have the field, is there a second one. What it finds is judged by its
 * own No-Vary-Search, not by the one that led there.
 *
 * Purges reach it by its labels, whichever of its URLs they name: see `labelsOf`.
 */
export function withAliases<Body>(
  responses: ResponseStore<Body>,
  { tiers, spaced, peek, clock = systemClock }: AliasOptions<Body>,
): PeekingStore<Body> {
  // By size, although each counts the same: room for a number of entries would be taken at once, in every isolate's start.
  const newest = new LRUCache<string, NoVarySearch>({ maxSize: PATHS, sizeCalculation: () => 1 });
  const seen = new WeakSet<StoredFacts>();

  /** Remembers what a response says for its path; each response is read once. */
  function learn(path: string, facts: StoredFacts): NoVarySearch | undefined {
    seen.add(facts);
    const rule = noVarySearchOf(facts);
    if (rule !== undefined) newest.set(path, rule);
    return rule;
  }

  function aliasKey(path: string, search: string, rule: NoVarySearch): string {
    return spaced(joinKey(["alias", path, formatNoVarySearch(rule), searchKey(rule, search)]));
  }

  return {
    peek(...asked) {
      const found = peek(...asked);
      return found !== undefined && seen.has(found.response.facts) ? found : undefined;
    },

    async find(resource, request, lookup) {
      const found = await responses.find(resource, request, lookup);
      if (found.outcome === "found" && seen.has(found.response.facts)) return found;
      const [path, search] = divided(resource);
      if (found.outcome === "found") learn(path, found.response.facts);
      if (found.outcome !== "miss" || found.reason !== "uri-miss") return found;
      const rule = newest.get(path);
      if (rule === undefined) return found;
      const { snapshot, mayPromote, waitUntil } = lookup;
      const alias = await tiers.find(aliasKey(path, search, rule), {
        accept: ({ mark }) => standing(mark, snapshot) !== "gone",
        mayPromote,
        waitUntil,
      });
      const target = alias && targetOf(alias.entry);
      if (target === undefined || target === resource) return found;
      const [targetPath, targetSearch] = divided(target);
      const other = await responses.find(target, request, lookup);
      if (other.outcome !== "found") return other.outcome === "ahead" ? other : found;
      const own = noVarySearchOf(other.response.facts);
      const isOne = own !== undefined && path === targetPath && isEquivalentQuery(own, search, targetSearch);
      return isOne ? other : found;
    },

    async put(resource, response, options) {
      await responses.put(resource, response, options);
      const [path, search] = divided(resource);
      const rule = learn(path, response.facts);
      const { mark } = response;
      const { keepFor, snapshot, waitUntil } = options;
      if (rule === undefined || standing(mark, snapshot) === "gone") return;
      const expiresAt = clock() + keepFor * 1_000;
      const entry: Entry<Body> = { mark, expiresAt, facts: { kind: "alias", target: resource }, body: null };
      await tiers.set(aliasKey(path, search, rule), entry, keepFor, { waitUntil });
    },

    async remove(resource) {
      const [path, search] = divided(resource);
      const rule = newest.get(path);
      const key = rule && aliasKey(path, search, rule);
      const alias = key === undefined ? undefined : await tiers.get(key);
      const target = alias && targetOf(alias);
      await Promise.all([
        responses.remove(resource),
        ...(key === undefined ? [] : [tiers.delete([key])]),
        ...(target === undefined ? [] : [responses.remove(target)]),
      ]);
    },
  };
}

/** What a stored response says of queries; `undefined` = they must be equal. */
function noVarySearchOf({ fields }: StoredFacts): NoVarySearch | undefined {
  const value = fieldReader(fields).get("no-vary-search");
  const rule = value === null ? undefined : parseNoVarySearch(value);
  return rule !== undefined && formatNoVarySearch(rule) !== null ? rule : undefined;
}

function targetOf({ facts }: Entry<unknown>): string | undefined {
  const isAlias = typeof facts === "object" && facts !== null && "kind" in facts && facts.kind === "alias";
  return isAlias && "target" in facts && typeof facts.target === "string" ? facts.target : undefined;
}

function divided(resource: string): [path: string, search: string] {
  const mark = resource.indexOf("?");
  return mark < 0 ? [resource, ""] : [resource.slice(0, mark), resource.slice(mark)];
}
