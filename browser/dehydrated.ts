import type { Instant, StoredFacts } from "../src/index.ts";

/** Responses as JSON carries them from a server to a page, or from page to page. */
export interface Dehydrated {
  /** When it was made, by the clock of who made it: ages count on from there. */
  readonly at: Instant;
  readonly responses: readonly DehydratedResponse[];
}

export interface DehydratedResponse {
  /** Absolute. */
  readonly url: string;
  readonly facts: StoredFacts;
  readonly body: string;
}
