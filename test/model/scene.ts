import type { Planted } from "./designs.ts";
import type { Messages } from "./messages.ts";
import type { Oracle, Violation } from "./oracle.ts";

/** What all parts of one world share. */
export interface Scene {
  readonly mail: Messages;
  readonly truth: Oracle;
  /** The mistakes of a broken design; the real one has none. */
  readonly planted: Planted;
  readonly isReal: boolean;
  log(line: string): void;
  report(violation: Violation): void;
}

/** Stops whoever belongs to something that is gone: what it waits for never comes. */
export type Gone = () => Promise<never> | undefined;
