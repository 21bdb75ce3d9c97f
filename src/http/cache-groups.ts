import { parseList, type List } from "structured-headers";
import { listMembers } from "./fields.ts";

/** RFC 9875, 2 asks for 32 groups of 32 characters at least. */
const MAX_GROUPS = 1_000;
const MAX_GROUP_LENGTH = 1_024;

/**
 * The groups that a Cache-Groups or Cache-Group-Invalidation field names, each once, in its order; case counts
 * (RFC 9875, 2 and 3). A field that is no List of Strings is ignored as a whole: no groups. Parameters are ignored.
 *
 * `undefined` when it names more than 1,000 groups, or one of more than 1,024 characters: such a response must not be
 * stored, for an invalidation of what was left out would miss it. Such an invalidation reaches further than can be told.
 */
export function readGroups(value: string | null): readonly string[] | undefined {
  const groups: string[] = [];
  for (const [member] of value === null ? [] : list(value)) {
    if (typeof member !== "string") return [];
    groups.push(member);
  }
  return bounded(groups);
}

const STRING = /^"((?:[^"\\]|\\.)*)"/;

/**
 * All the groups of {@link readGroups}, and perhaps some of a field that should have been ignored: for who may drop too
 * much and must miss none, without a parser of structured fields.
 */
export function readGroupsBroadly(value: string | null): readonly string[] | undefined {
  const strings = listMembers(value ?? "").flatMap((member) => STRING.exec(member)?.[1] ?? []);
  return bounded(strings.map((string) => string.replaceAll(/\\(.)/g, "$1")));
}

function bounded(names: readonly string[]): readonly string[] | undefined {
  const groups = new Set(names);
  const tooLong = names.some((group) => group.length > MAX_GROUP_LENGTH);
  return tooLong || groups.size > MAX_GROUPS ? undefined : [...groups];
}

function list(value: string): List {
  try {
    return parseList(value);
  } catch {
    return [];
  }
}
