import { type Clock, type Instant, systemClock } from "../clock.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { fold } from "./buckets.ts";
import { journal } from "./journal.ts";
import type { Ledger, LedgerDelta, LedgerPoint, LoggedPurge, PurgeOrder, PurgeReceipt } from "./ledger.ts";
import { compilePatterns, foldPatterns, isPattern } from "./patterns.ts";
import { applyPurge, compact, deltaSince, emptyLedger, type LedgerState } from "./state.ts";
import { isEpoch } from "./token.ts";

/** Options of {@link memoryLedger}. */
export interface MemoryLedgerOptions {
  /**
   * The ledger's identity: 1 to 64 letters, digits, `-` or `_`.
   *
   * @defaultValue a random UUID, made when the ledger is first asked, so that a restarted process trusts nothing stored before
   */
  readonly epoch?: string;
  /**
   * How long a purge is kept: at least as long as any entry may live, its stale windows included.
   * Entries older than a forgotten purge count as purged.
   *
   * @defaultValue "31d"
   */
  readonly retention?: Duration;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
}

/** A position, and an instant by which all purges up to it had been ordered. */
interface Checkpoint {
  readonly position: number;
  readonly at: Instant;
}

/** Checkpoints per retention: how closely forgetting follows it, and how many there are at most. */
const CHECKPOINTS = 32;

/**
 * A ledger in this process's memory: for one process, and for tests. A purge is known to each of its readers
 * at once and is lost with the process, as are the marks that depend on it: the next ledger has another epoch.
 *
 * @throws {TypeError} if an option has the wrong shape
 * @throws {RangeError} if the epoch or the retention is out of range
 */
export function memoryLedger({
  epoch,
  retention = "31d",
  clock = systemClock,
}: MemoryLedgerOptions = {}): Ledger {
  if (epoch !== undefined && !isEpoch(epoch))
    throw new RangeError(cannot("open a ledger", "an epoch is 1 to 64 of A-Z a-z 0-9 - _", epoch));
  const keepFor = toSeconds(retention, "retention") * 1_000;
  let opened: LedgerState | undefined;
  // Not before it is needed: at module scope, Workers give no chance.
  const opening = (): LedgerState => (opened ??= emptyLedger(epoch ?? crypto.randomUUID()));
  const checkpoints: Checkpoint[] = [];
  const book = journal();

  return {
    async since(known: LedgerPoint | undefined): Promise<LedgerDelta> {
      return deltaSince(opening(), known);
    },
    async purge(order: PurgeOrder): Promise<PurgeReceipt> {
      const now = clock();
      const replay = book.replay(order, now);
      if (replay !== undefined) return replay;
      const state = opening();
      const receipt = applyPurge(state, order);
      book.enter(order, receipt, now);
      forget(state, checkpoints, now, keepFor);
      if (order.selectors.some(isPattern))
        foldPatterns(state.selectors, compilePatterns(state.selectors.keys()));
      fold(state.selectors);
      return receipt;
    },
    async history(options): Promise<readonly LoggedPurge[]> {
      return book.history(options);
    },
  };
}

function forget(state: LedgerState, checkpoints: Checkpoint[], now: Instant, keepFor: number): void {
  while (checkpoints[0] !== undefined && checkpoints[0].at + keepFor <= now) {
    compact(state, checkpoints[0].position);
    checkpoints.shift();
  }
  const last = checkpoints.at(-1);
  if (last === undefined || last.at + keepFor / CHECKPOINTS <= now)
    checkpoints.push({ position: state.position, at: now });
}
