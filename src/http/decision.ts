import type { Seconds } from "../clock.ts";

/** Why a request goes to the origin, in the words of RFC 9211, 2.2. */
export type ForwardReason =
  | "bypass"
  | "method"
  | "uri-miss"
  | "vary-miss"
  | "miss"
  | "request"
  | "stale"
  | "partial";

/** Why nothing stored answers: nothing is there for the URI, or none of its variants, or only what was purged. */
export type MissReason = Extract<ForwardReason, "uri-miss" | "vary-miss" | "miss">;

/** What to do with one request. Nothing has happened yet: a shell carries it out. */
export type Decision =
  /** Answer from the store; `timeLeft` of freshness is negative when stale; `refresh` = fetch anew in the background. */
  | { readonly action: "serve"; readonly age: Seconds; readonly timeLeft: Seconds; readonly refresh: boolean }
  /**
   * Ask the origin whether the stored response still holds. If it fails (`staleIfError`) or cannot be reached
   * (`staleIfLost`), the stored one may stand in.
   */
  | {
      readonly action: "revalidate";
      readonly reason: ForwardReason;
      readonly staleIfError: boolean;
      readonly staleIfLost: boolean;
    }
  /** Send the request on as it came; or, with `missing`, ask for those bytes alone to complete the part that is stored. */
  | { readonly action: "forward"; readonly reason: ForwardReason; readonly missing?: string }
  /** `only-if-cached`, and nothing stored will do: 504 (RFC 9111, 5.2.1.7). */
  | { readonly action: "refuse" };

/** What can be decided where nothing is stored. */
export type Miss = Extract<Decision, { action: "forward" | "refuse" }>;
