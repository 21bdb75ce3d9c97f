import { parseList, Token } from "structured-headers";

import type { Place } from "./places.ts";

/** Where an answer came from and how long it may be used, as its own fields tell. */
export interface Provenance {
  place: Place;
  /** `stale`: past its time when served. `revalidated`: the next place confirmed it with a 304. */
  state: "fresh" | "stale" | "revalidated";
  /** Seconds since the origin made it; `undefined` when the answer does not say. */
  age: number | undefined;
  /** Seconds of freshness left, negative when past; `undefined` for what no cache may keep. */
  left: number | undefined;
  etag: string | undefined;
  /** It came with the answer to an equal request that was under way. */
  isShared: boolean;
}

/** Of an answer that never came. */
export const noProvenance: Provenance = {
  place: "none",
  state: "fresh",
  age: undefined,
  left: undefined,
  etag: undefined,
  isShared: false,
};

/** One cache's account of itself (RFC 9211, 2). */
interface Member {
  cache: string;
  hit: boolean;
  confirmed: boolean;
  shared: boolean;
  ttl: number | undefined;
  detail: string | undefined;
}

/** Reads an answer's Cache-Status, Age and Cache-Control. Total: a field it cannot read tells nothing. */
export function readProvenance(headers: Headers): Provenance {
  const members = parseMembers(headers.get("Cache-Status") ?? "");
  // Members stand in the order the answer passed them. The last one that hit is where it came from;
  // what stands before it is the history of the stored answer.
  const from = members.findLastIndex((member) => member.hit || standsIn(member));
  const source = members[from];
  const passed = members.slice(from + 1);
  const age = parseSeconds(headers.get("Age"));
  return {
    place: placeOf(source),
    state: stateOf(source, passed),
    age,
    left: source?.ttl ?? secondsLeft(headers.get("Cache-Control") ?? "", age ?? 0),
    etag: headers.get("ETag") ?? undefined,
    isShared: members.slice(Math.max(0, from)).some((member) => member.shared),
  };
}

function placeOf(source: Member | undefined): Place {
  if (source === undefined) return "origin";
  if (source.cache === "tidemark-browser") {
    return source.detail?.endsWith("memory") ? "memory" : "disk";
  }
  switch (source.detail) {
    case "hot":
      return "edge-hot";
    case "warm":
      return "edge-warm";
    default:
      return "edge-cold";
  }
}

/** It asked, got no answer worth having, and gave what it had; the browser's cache adds from which of its tiers. */
function standsIn({ hit, detail }: Member): boolean {
  return !hit && /^(?:offline|stale-if-error)(?:\/|$)/.test(detail ?? "");
}

function stateOf(source: Member | undefined, passed: readonly Member[]): Provenance["state"] {
  if (passed.some((member) => member.confirmed)) return "revalidated";
  if (source === undefined) return "fresh";
  return standsIn(source) || (source.ttl !== undefined && source.ttl < 0) ? "stale" : "fresh";
}

function parseMembers(field: string): Member[] {
  try {
    return parseList(field).flatMap(([item, parameters]): Member[] => {
      if (!(item instanceof Token) && typeof item !== "string") return [];
      const ttl = parameters.get("ttl");
      return [
        {
          cache: item.toString(),
          hit: parameters.get("hit") === true,
          confirmed: parameters.get("fwd-status") === 304,
          shared: parameters.get("collapsed") === true,
          ttl: typeof ttl === "number" ? ttl : undefined,
          detail: word(parameters.get("detail")),
        },
      ];
    });
  } catch {
    return [];
  }
}

/** A parameter that may be a token or a string, which RFC 9211 allows for `detail`. */
function word(value: unknown): string | undefined {
  return typeof value === "string" || value instanceof Token ? String(value) : undefined;
}

function secondsLeft(cacheControl: string, age: number): number | undefined {
  const directives = cacheControl.toLowerCase();
  if (/(?:^|[\s,])no-store(?:$|[\s,])/.test(directives)) return undefined;
  const lifetime = parseSeconds(/(?:^|[\s,])max-age="?(\d+)/.exec(directives)?.[1] ?? null);
  return lifetime === undefined ? undefined : lifetime - age;
}

function parseSeconds(text: string | null): number | undefined {
  return text !== null && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}
