import type { Instant, Seconds } from "../clock.ts";

/** current_age of RFC 9111, 4.2.3. Never negative, also when the clock was set back. */
export function currentAge(
  stored: { readonly initialAge: Seconds; readonly responseAt: Instant },
  now: Instant,
): Seconds {
  return stored.initialAge + Math.max(0, (now - stored.responseAt) / 1_000);
}
