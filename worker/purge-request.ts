import { EVERYTHING, type PurgeMode } from "../src/index.ts";
import {
  checkedHost,
  FILE,
  GROUP,
  HOST,
  PATTERN,
  PREFIX,
  readItem,
  TAG,
  wrong,
  type ItemKind,
  type Named,
  type PurgeProblem,
  type PurgeScope,
} from "./purge-items.ts";

/** What a request asks for, whatever its dialect. */
export interface PurgeWish {
  readonly named: readonly Named[];
  readonly mode: PurgeMode;
  readonly reason?: string;
  readonly idempotencyKey?: string;
  /** Only to be checked and told, not to be carried out. */
  readonly isDryRun: boolean;
  /** What the request should know of how it was read. */
  readonly notes: readonly PurgeProblem[];
}

/** A request as a wish, or all that is wrong with it; 501 = it asks for what there is not. */
export type PurgeReading =
  | { readonly wish: PurgeWish }
  | { readonly problems: readonly PurgeProblem[]; readonly status?: 501 };

/** Selectors that one request may name. */
export const MAX_PURGE_SELECTORS = 10_000;
const MAX_REASON_LENGTH = 500;
const MAX_KEY_LENGTH = 128;
const CONTROL = /\p{Cc}/u;

/** The fields that hold lists. A Map, so that no field name is special. */
const LISTS: ReadonlyMap<string, ItemKind> = new Map(
  [FILE, TAG, HOST, PREFIX, GROUP, PATTERN].map((kind) => [kind.kind, kind]),
);

type Settings = Pick<PurgeWish, "reason" | "idempotencyKey" | "isDryRun">;

/**
 * Reads Cloudflare's body shape, `{ files, tags, hosts, prefixes, purge_everything }`, and our `groups`, `patterns`,
 * `reason`, `dry_run` and `idempotency_key`. Strict: one unknown or malformed part spoils the whole, so that no purge is
 * ever half understood.
 */
export function readPurge(body: unknown, mode: PurgeMode, scope: PurgeScope): PurgeReading {
  if (!isObject(body)) return refused("body", "must be a JSON object");
  const problems: PurgeProblem[] = [];
  const named: Named[] = [];
  const notes: PurgeProblem[] = [];
  for (const [field, value] of Object.entries(body)) {
    const kind = LISTS.get(field);
    if (kind !== undefined) {
      const list = readList(kind, value, scope, notes);
      if ("message" in list) problems.push(list);
      else named.push(...list);
    } else if (field === "purge_everything") {
      if (value === true)
        named.push({ kind: "everything", at: field, selectors: [EVERYTHING], means: "everything" });
      else problems.push(wrong(field, "must be true, or left out"));
    } else if (!SETTINGS.has(field)) {
      problems.push({
        field: field.slice(0, 80),
        message: `${field.slice(0, 80)} is not a field of a purge`,
      });
    }
    if (named.length > MAX_PURGE_SELECTORS) problems.push(tooMany(field));
  }
  const settings = readSettings(body);
  if ("problems" in settings) problems.push(...settings.problems);
  if (problems.length > 0 || "problems" in settings) return { problems };
  if (named.length === 0) {
    const lists = [...LISTS.keys()].join(", ");
    return refused("body", `must name ${lists} or purge_everything`);
  }
  return { wish: { named, mode, notes, ...settings } };
}

const SETTINGS: ReadonlySet<string> = new Set(["reason", "dry_run", "idempotency_key"]);

/** Reads what any dialect may say besides what is to be purged. */
export function readSettings(
  body: Readonly<Record<string, unknown>>,
): Settings | { readonly problems: readonly PurgeProblem[] } {
  const { reason, dry_run: isDryRun = false, idempotency_key: key } = body;
  const problems: PurgeProblem[] = [];
  if (reason !== undefined && !isReason(reason))
    problems.push(wrong("reason", `must be text of at most ${MAX_REASON_LENGTH} characters`));
  if (typeof isDryRun !== "boolean") problems.push(wrong("dry_run", "must be true or false"));
  if (key !== undefined && !isKey(key)) problems.push(wrong("idempotency_key", KEY_RULE));
  if (problems.length > 0) return { problems };
  return {
    isDryRun: isDryRun === true,
    ...(isReason(reason) && { reason }),
    ...(isKey(key) && { idempotencyKey: key }),
  };
}

/** {@link isKey} in words, to follow the field's name. */
export const KEY_RULE: string = `must be 1 to ${MAX_KEY_LENGTH} printable ASCII characters`;

/** Whether a value can be an idempotency key. */
export function isKey(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_KEY_LENGTH && /^[\x20-\x7e]+$/.test(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A refusal for one reason. */
export function refused(field: string, message: string, status?: 501): PurgeReading {
  return { problems: [wrong(field, message)], ...(status && { status }) };
}

function readList(
  kind: ItemKind,
  value: unknown,
  scope: PurgeScope,
  notes: PurgeProblem[],
): readonly Named[] | PurgeProblem {
  const field = kind.kind;
  if (!Array.isArray(value)) return wrong(field, "must be a list of strings");
  if (value.length > MAX_PURGE_SELECTORS) return tooMany(field);
  const named: Named[] = [];
  for (const [index, item] of value.entries()) {
    const at = `${field}[${index}]`;
    const read =
      field === "files" && isObject(item)
        ? readFileObject(item, at, scope, notes)
        : readItem(kind, item, at, scope);
    if ("message" in read) return read;
    if ((field === "tags" || field === "groups") && read.means.includes("*"))
      notes.push(wrong(at, "has a *, which stands for itself: patterns take wildcards"));
    named.push(read);
  }
  return named;
}

/** Cloudflare's `{ url, headers }`. Its headers choose one variant there; here a URL is purged in all its variants. */
function readFileObject(
  file: Readonly<Record<string, unknown>>,
  at: string,
  scope: PurgeScope,
  notes: PurgeProblem[],
): Named | PurgeProblem {
  const { url, headers, ...others } = file;
  if (Object.keys(others).length > 0 || (headers !== undefined && !isObject(headers)))
    return wrong(at, "must be a string, or an object with a url and perhaps headers");
  if (headers !== undefined)
    notes.push(wrong(at, "has headers, which play no part: all variants of its url are purged"));
  const read = readItem({ ...FILE, refusesWildcards: false }, url, `${at}.url`, scope);
  return "message" in read ? read : checkedHost({ ...read, at }, scope.hosts);
}

function isReason(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_REASON_LENGTH && !CONTROL.test(value);
}

function tooMany(field: string): PurgeProblem {
  return wrong(field, `must not bring the request above ${MAX_PURGE_SELECTORS} selectors`);
}
