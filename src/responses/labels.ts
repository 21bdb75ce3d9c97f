import { readGroups } from "../http/cache-groups.ts";
import type { Fields } from "../http/fields.ts";
import type { Selector } from "../purge/ledger.ts";
import { groupSelector, hostSelector, tagSelector, urlLabels } from "../purge/selectors.ts";
import { parseTags } from "../purge/tags.ts";

/**
 * Every selector by which a purge finds a response: those of its URL, its tags (`Cache-Tag`) and its groups
 * (`Cache-Groups`, RFC 9875). `undefined` = they cannot all be kept, so the response must not be: a purge would miss it.
 *
 * @param resource the resource key
 * @param otherwise tags of a response that names none
 */
export function labelsOf(
  resource: string,
  fields: Fields,
  otherwise: readonly string[] = [],
): readonly Selector[] | undefined {
  const tagged = joined(fields, "cache-tag");
  const tags = tagged === null ? otherwise : parseTags(tagged);
  const groups = readGroups(joined(fields, "cache-groups"));
  if (tags === undefined || groups === undefined) return undefined;
  return [
    ...urlLabels(resource),
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

function joined(fields: Fields, wanted: string): string | null {
  const lines = fields.filter(([name]) => name === wanted).map(([, value]) => value);
  return lines.length === 0 ? null : lines.join(", ");
}
