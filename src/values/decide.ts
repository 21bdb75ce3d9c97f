import type { Instant, Random } from "../clock.ts";
import type { Facts } from "./held.ts";
import type { Settings } from "./settings.ts";

/**
 * What to do with a value that is kept: hand it out, perhaps renewing it behind that, or ask the producer, in whose place it
 * may stand if that fails or is slow.
 */
export type ValueDecision =
  | { readonly action: "serve"; readonly renew: boolean }
  | { readonly action: "produce"; readonly mayStandIn: boolean };

export interface Age extends Facts {
  readonly freshUntil: Instant;
  /** A soft purge covers it. */
  readonly isSoft: boolean;
}

/** -ln of the smallest chance above 0 that 53 bits can say: no draw is beyond it. */
const FARTHEST_DRAW = 53 * Math.LN2;

/** Pure: what chance says is an argument. */
export function decideValue(age: Age, settings: Settings, now: Instant, random: Random): ValueDecision {
  const staleFor = now - age.freshUntil;
  if (staleFor < 0 && !age.isSoft) return { action: "serve", renew: isEarly(age, settings, now, random) };
  const past = Math.max(staleFor, 0);
  if (past < settings.staleWhileRevalidate) return { action: "serve", renew: true };
  return { action: "produce", mayStandIn: past < settings.staleIfError };
}

/** How long before its end {@link decideValue} may say "renew", whatever chance says. */
export function unrestBefore({ ttl, cost }: Facts, { refreshAhead, beta }: Settings): number {
  return Math.max(aheadBefore(ttl, refreshAhead), beta * cost * FARTHEST_DRAW);
}

function aheadBefore(ttl: number, refreshAhead: number): number {
  return Math.round(ttl - refreshAhead * ttl);
}

/** XFetch: the time that a producer takes, times a draw of an exponential distribution, before its end. */
function isEarly(age: Age, settings: Settings, now: Instant, random: Random): boolean {
  const left = age.freshUntil - now;
  if (left > unrestBefore(age, settings)) return false;
  if (settings.refreshAhead < 1 && left <= aheadBefore(age.ttl, settings.refreshAhead)) return true;
  return settings.beta > 0 && -age.cost * settings.beta * Math.log(1 - random()) >= left;
}

/** A ttl shortened by chance, by up to the share; never longer than it was. */
export function jittered(ttl: number, jitter: number, random: Random): number {
  return jitter === 0 ? ttl : ttl * (1 - jitter * random());
}
