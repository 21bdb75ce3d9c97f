import type { Instant } from "../clock.ts";
import { readStoredFacts, type StoredFacts } from "../http/stored.ts";
import { isNominated, isSelected, renominate, type Nominated, type Selecting } from "../http/vary.ts";
import { isTextOrNull, type FieldReader } from "../http/fields.ts";
import { joinKey } from "../key.ts";
import { isMark, type Entry, type Mark } from "../store.ts";

/**
 * What stands under a resource's key: the one stored response that answers every request, or the list of variants,
 * each under a key of its own. The usual resource costs one read, one with variants two.
 */
export type Slot =
  | { readonly kind: "response"; readonly stored: StoredFacts }
  | { readonly kind: "variants"; readonly variants: readonly Variant[] };

/** One variant: how to recognise it, where it is, and what a purge must know of it. */
export interface Variant {
  readonly nominated: Nominated;
  readonly language: string | null;
  readonly dateAt: Instant;
  readonly expiresAt: Instant;
  readonly mark: Mark;
}

/** The key of a variant: the resource key and the nominated headers' values. Never equal to a resource key. */
export function variantKey(resource: string, nominated: Nominated): string {
  return joinKey([resource, ...nominated.flat()]);
}

/** How the keys of all variants of a resource begin, and of no other's. */
export function variantKeyStart(resource: string): string {
  return `${joinKey([resource]).slice(0, -1)},`;
}

/** Reads what a store had under a resource's or a variant's key; `undefined` if it is nothing of ours. */
export function readSlot({ facts }: Pick<Entry, "facts">): Slot | undefined {
  if (typeof facts !== "object" || facts === null) return undefined;
  const { kind, stored, variants } = facts as Record<string, unknown>; // Checked below, member by member.
  if (kind === "response") {
    const sound = readStoredFacts(stored);
    return sound && { kind, stored: sound };
  }
  if (kind !== "variants" || !Array.isArray(variants) || !variants.every(isVariant)) return undefined;
  return { kind, variants };
}

/**
 * The variants that answer a request (RFC 9111, 4.1): one without Vary only after the others, then by how much the client
 * wants their language, then the most recent first.
 */
export function matchingVariants(
  variants: readonly Variant[],
  request: FieldReader,
  selecting: Selecting,
): readonly Variant[] {
  const matching = variants.filter((variant) => isSelected(variant, request, selecting));
  if (matching.length < 2) return matching;
  const wanted = request.get("accept-language");
  return matching
    .map((variant) => ({ variant, weight: selecting.languageWeight(wanted, variant.language) }))
    .toSorted(
      ({ variant: one, weight }, { variant: other, weight: otherWeight }) =>
        Number(other.nominated.length > 0) - Number(one.nominated.length > 0) ||
        otherWeight - weight ||
        other.dateAt - one.dateAt,
    )
    .map(({ variant }) => variant);
}

/** The key that the variant for a request would have, if its Vary were that of the most recent one. */
export function expectedVariantKey(
  resource: string,
  variants: readonly Variant[],
  request: FieldReader,
  selecting: Selecting,
): string {
  return variantKey(resource, renominate(variants[0]?.nominated ?? [], request, selecting));
}

/**
 * The list with one more variant, in place of what had the same nominated values, and how many of the oldest had to
 * leave for it.
 *
 * @param max how many variants one resource may have
 */
export function withVariant(
  variants: readonly Variant[],
  added: Variant,
  max: number,
): { readonly variants: readonly Variant[]; readonly dropped: number } {
  const id = variantKey("", added.nominated);
  const all = [added, ...variants.filter(({ nominated }) => variantKey("", nominated) !== id)];
  return { variants: all.slice(0, max), dropped: Math.max(0, all.length - max) };
}

/**
 * The mark of a list: the labels of all, so that a purge by the tag of one variant reaches every variant of its
 * resource, and the newest position, so that the list is gone exactly when each of its variants is.
 */
export function sharedMark(variants: readonly Variant[], epoch: string): Mark {
  return {
    epoch,
    position: Math.max(...variants.map(({ mark }) => mark.position)),
    labels: [...new Set(variants.flatMap(({ mark }) => mark.labels))],
  };
}

function isVariant(value: unknown): value is Variant {
  if (typeof value !== "object" || value === null) return false;
  const { nominated, language, dateAt, expiresAt, mark } = value as Partial<Record<keyof Variant, unknown>>; // Checked here.
  return (
    typeof dateAt === "number" &&
    typeof expiresAt === "number" &&
    isNominated(nominated) &&
    isTextOrNull(language) &&
    isMark(mark)
  );
}
