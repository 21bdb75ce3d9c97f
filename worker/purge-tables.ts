/** The one row of `head`: where the ledger stands. */
export type Head = { epoch: string; position: number; floor: number };

/** A selector with its last hard and its last soft purge. */
export type SelectorRow = { selector: string; hard: number; soft: number };

/** A purge in the log; `selectors` is a JSON list. */
export type LogRow = {
  position: number;
  at: number;
  mode: string;
  selectors: string;
  named: number;
  reason: string | null;
};

/** Text of selectors that one row of the log takes; a row may have 2 MB. */
const LOGGED_CHARACTERS = 65_536;
const REASON_CHARACTERS = 500;

/**
 * Makes the ledger's tables unless they are there. The first time it gives the ledger its epoch, which it
 * then keeps for as long as its storage lives.
 */
export function createTables(storage: DurableObjectStorage, epoch: string): void {
  storage.transactionSync(() => {
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS head (
        id INTEGER PRIMARY KEY CHECK (id = 0), epoch TEXT NOT NULL, position INTEGER NOT NULL, floor INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS selectors (
        selector TEXT PRIMARY KEY, hard INTEGER NOT NULL, soft INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS selectors_by_last ON selectors (last);
      CREATE TABLE IF NOT EXISTS log (
        position INTEGER PRIMARY KEY, at INTEGER NOT NULL, mode TEXT NOT NULL,
        selectors TEXT NOT NULL, named INTEGER NOT NULL, reason TEXT
      ) STRICT;
    `);
    storage.sql.exec("INSERT OR IGNORE INTO head (id, epoch, position, floor) VALUES (0, ?, 0, 0)", epoch);
  });
}

/** A log row's list: the selectors from the first on, as many as fit. */
export function selectorsFor(selectors: readonly string[]): string {
  let room = LOGGED_CHARACTERS;
  const logged = selectors.filter((selector) => (room -= selector.length) >= 0);
  return JSON.stringify(logged);
}

/** A log row's reason, cut to 500 characters. */
export function reasonFor(reason: string | undefined): string | null {
  return reason === undefined ? null : reason.slice(0, REASON_CHARACTERS);
}
