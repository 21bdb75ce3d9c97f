import { readGroups, readGroupsBroadly } from "../http/cache-groups.ts";
import type { Fields } from "../http/fields.ts";
import { formatNoVarySearch, parseNoVarySearch, searchKey } from "../http/no-vary-search.ts";
import { aliasLabels } from "../purge/any-query.ts";
import type { Selector } from "../purge/ledger.ts";
import { groupSelector, hostSelector, urlLabels } from "../purge/selectors.ts";
import { parseTags, tagSelector } from "../purge/tags.ts";

export interface LabelOptions {
  /** Tags of a response that names none. @defaultValue none */
  readonly otherwise?: readonly string[];
  /** Whether `Cache-Groups` counts. @defaultValue true */
  readonly groups?: boolean;
}

/**
 * Every selector by which a purge finds a response: those of its URL and of others that it answers, its tags (`Cache-Tag`)
 * and its groups (`Cache-Groups`, RFC 9875). `undefined` = they cannot all be kept, so the response must not be: a purge
 * would miss it.
 *
 * @param resource the resource key
 */
export function labelsOf(
  resource: string,
  fields: Fields,
  { otherwise = [], groups = true }: LabelOptions = {},
): readonly Selector[] | undefined {
  return gathered(resource, fields, otherwise, {
    groups: groups ? readGroups : () => [],
    otherQueries: (noVarySearch) => otherQueries(resource, noVarySearch),
  });
}

/**
 * The selectors of {@link labelsOf}, and perhaps some more: a purge reaches too much, never too little. For a cache that
 * answers no other URL, and has no room for parsers of structured fields.
 */
export function broadLabelsOf(
  resource: string,
  fields: Fields,
  otherwise: readonly string[],
): readonly Selector[] | undefined {
  return gathered(resource, fields, otherwise, {
    groups: readGroupsBroadly,
    otherQueries: () => aliasLabels(resource, true),
  });
}

/** How to read what a response says of its groups, and of other queries that it answers, where it says anything of them. */
interface Readers {
  readonly groups: (value: string | null) => readonly string[] | undefined;
  readonly otherQueries: (noVarySearch: string) => readonly Selector[];
}

function gathered(
  resource: string,
  fields: Fields,
  otherwise: readonly string[],
  read: Readers,
): readonly Selector[] | undefined {
  const tagged = joined(fields, "cache-tag");
  const tags = tagged === null ? otherwise : parseTags(tagged);
  const groups = read.groups(joined(fields, "cache-groups"));
  if (tags === undefined || groups === undefined) return undefined;
  const noVarySearch = joined(fields, "no-vary-search");
  return [
    ...urlLabels(resource),
    ...(noVarySearch === null ? [] : read.otherQueries(noVarySearch)),
    ...tags.map(tagSelector),
    ...groups.map((group) => groupSelector(resource, group)),
  ];
}

/**
 * What the answer to a change asks to have invalidated by `Cache-Group-Invalidation` (RFC 9875, 3): groups of its own origin.
 * A field that names more than can be kept reaches the whole host.
 */
export function groupInvalidations(resource: string, fields: Fields): readonly Selector[] {
  const groups = readGroups(joined(fields, "cache-group-invalidation"));
  if (groups !== undefined) return groups.map((group) => groupSelector(resource, group));
  const host = hostSelector(new URL(resource).host);
  return host === undefined ? [] : [host];
}

/** Labels by which a purge of other queries finds a response that answers them too. */
function otherQueries(resource: string, noVarySearch: string): readonly Selector[] {
  const rule = parseNoVarySearch(noVarySearch);
  if (formatNoVarySearch(rule) === null) return [];
  return aliasLabels(resource, searchKey(rule, new URL(resource).search) === "");
}

function joined(fields: Fields, wanted: string): string | null {
  const lines = fields.filter(([name]) => name === wanted).map(([, value]) => value);
  return lines.length === 0 ? null : lines.join(", ");
}
