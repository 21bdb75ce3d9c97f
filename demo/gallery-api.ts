/**
 * What the gallery's part of the demo API says, as both sides see it.
 * Types only; nothing here runs.
 */

/** A reading of a tide gauge: what the cards of the gallery read. */
export interface Reading {
  thing: string;
  /** Goes up by one with each new reading, so that an old one is told from a new one. */
  reading: number;
  /** Metres. */
  level: number;
  title: string;
  /** Set where it was chosen by language. */
  language?: string;
  /** Set where it is one user's own; `null` = nobody was logged in. */
  user?: string | null;
  /** Text that does not compress, where a body needs weight. */
  bulk?: string;
}

/** What the origin says of itself, to this visitor. */
export interface OriginReport {
  /** How often it has been asked for each thing, as it counted itself. */
  asked: Record<string, number>;
  switches: OriginSwitches;
}

/** What goes wrong at the origin because the visitor wants it so. */
export interface OriginSwitches {
  failing: boolean;
  broken: boolean;
}
