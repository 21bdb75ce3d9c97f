import type { Instant, Seconds } from "../clock.ts";
import { isStoredPart, type StoredPart } from "./parts.ts";
import { isPairs, isText, isTextOrNull, type Fields } from "./fields.ts";
import { isNominated, type Nominated } from "./vary.ts";

/**
 * The facts about a stored response that are needed to reuse it, worked out once when it is stored: a hit parses no
 * header. JSON carries them.
 */
export interface StoredFacts {
  readonly status: number;
  /** The bytes of the representation that are held, where that is not all of them: it then never answers as a whole. */
  readonly part: StoredPart | null;
  /** What a reuse sends: end-to-end fields, without Age. */
  readonly fields: Fields;
  /** The request fields it was chosen by (RFC 9111, 4.1); empty = it answers every request for its resource. */
  readonly nominated: Nominated;
  /** Content-Language: a request that wants this language most may be answered whatever else it wants. */
  readonly language: string | null;
  /** When it came, and how old it was then (RFC 9111, 4.2.3). */
  readonly responseAt: Instant;
  readonly initialAge: Seconds;
  /** When the origin says it was made; orders variants. */
  readonly dateAt: Instant;
  readonly lifetime: Seconds;
  /** The two windows of RFC 5861, in seconds past the lifetime; 0 = none. */
  readonly staleWhileRevalidate: Seconds;
  readonly staleIfError: Seconds;
  /** The response forbids stale reuse, whatever the reason (RFC 9111, 4.2.4). */
  readonly staleForbidden: boolean;
  /** `no-cache`: may be reused only after the origin has said that it still holds. */
  readonly alwaysValidate: boolean;
  readonly immutable: boolean;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** The facts as read back from a store; `undefined` if they have another shape. Never throws. */
export function readStoredFacts(value: unknown): StoredFacts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const facts = value as Partial<Record<keyof StoredFacts, unknown>>; // Each member is checked below.
  const numbers = [
    facts.responseAt,
    facts.initialAge,
    facts.dateAt,
    facts.lifetime,
    facts.staleWhileRevalidate,
    facts.staleIfError,
  ];
  const flags = [facts.staleForbidden, facts.alwaysValidate, facts.immutable];
  const sound =
    isStatus(facts.status) &&
    (facts.part === null || isStoredPart(facts.part)) &&
    numbers.every((number) => typeof number === "number" && Number.isFinite(number)) &&
    flags.every((flag) => typeof flag === "boolean") &&
    isPairs(facts.fields, isText) &&
    isNominated(facts.nominated) &&
    isTextOrNull(facts.language) &&
    isTextOrNull(facts.etag) &&
    isTextOrNull(facts.lastModified);
  return sound ? (value as StoredFacts) : undefined;
}

function isStatus(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 200 && value <= 599;
}
