import type { Seconds } from "../clock.ts";
import type { Argument } from "./directives.ts";

/** RFC 9111, 1.2.2: a greater number of seconds than fits is taken as this one. */
export const MAX_DELTA_SECONDS: Seconds = 2_147_483_648;

/** RFC 9111, 4.2.1: of conflicting values the most restrictive one; an invalid one makes the response stale. */
export function shortest(before: Seconds | undefined, argument: Argument): Seconds {
  const seconds = deltaSeconds(argument) ?? 0;
  return before === undefined || seconds < before ? seconds : before;
}

/** A non-negative whole number of seconds (RFC 9111, 1.2.2), or `undefined` for anything else. */
export function deltaSeconds(argument: Argument): Seconds | undefined {
  if (typeof argument !== "string") return argument;
  if (argument === "") return undefined;
  let seconds = 0;
  for (let index = 0; index < argument.length; index++) {
    const digit = argument.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    seconds = seconds * 10 + digit;
  }
  return Math.min(seconds, MAX_DELTA_SECONDS);
}
