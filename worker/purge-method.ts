import { failure } from "./purge-answers.ts";
import { readKey } from "./purge-body.ts";
import type { PurgeDesk } from "./purge-desk.ts";
import { FILE, readItem, TAG, wrong, type Named, type PurgeProblem, type PurgeScope } from "./purge-items.ts";
import { readSettings, refused, type PurgeReading } from "./purge-request.ts";

/** By which senders of `PURGE` ask for a soft purge: our own, and Fastly's. */
const SOFT_FIELDS = ["purge-soft", "x-purge-soft", "fastly-soft-purge"];

/** By which they name tags instead of the URL: of Fastly, of Varnish's xkey and what is built on it, and of ours. */
const TAG_FIELDS: readonly { readonly name: string; readonly between: RegExp; readonly isSoft?: true }[] = [
  { name: "surrogate-key", between: /\s+/ },
  { name: "xkey", between: /[\s,]+/ },
  { name: "xkey-purge", between: /[\s,]+/ },
  { name: "xkey-softpurge", between: /[\s,]+/, isSoft: true },
  { name: "cache-tag", between: /\s*,\s*/ },
  { name: "x-cache-tags", between: /\s*,\s*/ },
  { name: "x-purge-tags", between: /\s*,\s*/ },
];

/** Expressions that Magento's module sends: they are not to be taken for a purge of the URL alone. */
const EXPRESSION_FIELDS = ["x-magento-tags-pattern", "x-ban-expression"];

/**
 * Answers `PURGE` on any URL, and refuses `BAN`; `undefined` = the request is neither. It purges the URL in all its
 * variants, or, where the request names tags, these. Nothing is forwarded, whatever the answer.
 *
 * In header fields: `Purge-Soft: 1` (or `X-Purge-Soft`, `Fastly-Soft-Purge`), `Purge-Dry-Run: 1`, `Purge-Reason`,
 * `Purge-Wait: effective`, `Idempotency-Key`; tags in `Surrogate-Key` and `xkey` (between spaces) or `Cache-Tag` (between
 * commas).
 */
export function answerPurgeMethod(desk: PurgeDesk, request: Request): Promise<Response> | undefined {
  const { method, headers } = request;
  if (method === "PURGE")
    return desk.purge(request, {
      read: (scope) => readPurgeMethod(request, scope),
      waits: headers.get("purge-wait") === "effective",
    });
  if (method !== "BAN") return undefined;
  const message = "BAN is not understood; purge by url, tag, prefix or pattern instead";
  return Promise.resolve(failure(501, [{ field: "method", message }]));
}

function readPurgeMethod({ url, headers }: Request, scope: PurgeScope): PurgeReading {
  const expression = EXPRESSION_FIELDS.find((name) => headers.has(name));
  if (expression !== undefined)
    return refused(expression, "is not understood; name tags in surrogate-key or cache-tag", 501);
  const flags = [...SOFT_FIELDS, "purge-dry-run"].map((name) => [name, readFlag(headers.get(name))] as const);
  const unclear = flags.find(([, flag]) => flag === undefined);
  if (unclear !== undefined) return refused(unclear[0], "must be 1 or 0");
  const wait = headers.get("purge-wait");
  if (wait !== null && wait !== "effective") return refused("purge-wait", "must be effective");
  const isOn = (name: string): boolean => flags.some(([field, flag]) => field === name && flag === true);
  const settings = readSettings({
    dry_run: isOn("purge-dry-run"),
    reason: headers.get("purge-reason") ?? undefined,
    idempotency_key: readKey(headers),
  });
  if ("problems" in settings) return settings;

  const tags = TAG_FIELDS.flatMap((field) => readTags(headers, field, scope));
  const items = tags.length > 0 ? tags : [readItem({ ...FILE, refusesWildcards: false }, url, "url", scope)];
  const named: Named[] = [];
  for (const item of items) {
    if ("message" in item) return { problems: [item] };
    named.push(item);
  }
  const isSoft = SOFT_FIELDS.some(isOn) || TAG_FIELDS.some(({ name, isSoft }) => isSoft && headers.has(name));
  return { wish: { named, mode: isSoft ? "soft" : "hard", notes: [], ...settings } };
}

function readTags(
  headers: Headers,
  { name, between }: (typeof TAG_FIELDS)[number],
  scope: PurgeScope,
): readonly (Named | PurgeProblem)[] {
  const value = headers.get(name);
  if (value === null) return [];
  // Platforms decode other characters in different ways: the tag might not be the one that was meant.
  if (!/^[\t\x20-\x7e]*$/.test(value))
    return [wrong(name, "must be printable ASCII: name such tags in a JSON body")];
  const tags = value.split(between).filter((tag) => tag !== "");
  if (tags.length === 0) return [wrong(name, "names no tag")];
  return tags.map((tag, index) => readItem(TAG, tag, `${name}[${index}]`, scope));
}

function readFlag(value: string | null): boolean | undefined {
  if (value === null || /^(?:0|false)$/i.test(value)) return false;
  return /^(?:1|true)$/i.test(value) ? true : undefined;
}
