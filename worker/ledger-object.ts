import { DurableObject } from "cloudflare:workers";
import { bucketOf, cannot, isCovered, systemClock, toSeconds } from "../src/index.ts";
import type { Instant, LedgerDelta, LedgerPoint, PurgeOrder, PurgeReceipt } from "../src/index.ts";
import {
  createTables,
  reasonFor,
  selectorsFor,
  type Head,
  type LogRow,
  type SelectorRow,
} from "./purge-tables.ts";

/** Settings of {@link LedgerObject}, from the Worker's environment. */
export interface LedgerEnv {
  /**
   * How long a purge is kept, such as "31d": at least as long as any entry may live, its stale windows included.
   * Entries older than a forgotten purge count as purged.
   *
   * @defaultValue "31d"
   */
  readonly LEDGER_RETENTION?: string;
}

/** One purge, as the log tells of it. */
export interface LoggedPurge {
  readonly position: number;
  readonly orderedAt: Instant;
  readonly mode: string;
  /** As many of its selectors as fit in 64 KB of text; `named` counts them all. */
  readonly selectors: readonly string[];
  readonly named: number;
  readonly reason: string | null;
}

/** Purges in the log; older ones leave it, but stay in force. */
const LOG_LENGTH = 10_000;
/**
 * Characters that the ledger holds. Past that it purges buckets in place of URLs, and if that is not enough it forgets its
 * oldest purges early and raises the floor: a reader can always take in the whole ledger in one answer.
 */
const MOST_CHARACTERS = 8_000_000;
const DAY_MS = 86_400_000;
/** What a row counts for besides its selector, in the ledger and in each reader's memory. */
const ROW = 50;

/** A selector's last purges only ever rise. */
const RAISE = `INSERT INTO selectors (selector, hard, soft, last, at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (selector) DO UPDATE SET
    hard = MAX(hard, excluded.hard), soft = MAX(soft, excluded.soft),
    last = MAX(last, excluded.last), at = MAX(at, excluded.at)`;

/**
 * The ledger as a Durable Object with SQLite: its single thread orders the purges, its storage makes them last.
 * What `purge` acknowledges has been written; it survives a restart, an eviction and a new deployment.
 *
 * @throws {TypeError | RangeError} at construction, if `LEDGER_RETENTION` cannot be read
 */
export class LedgerObject extends DurableObject<LedgerEnv> {
  readonly #sql: SqlStorage;
  readonly #keepFor: number;
  /** How much may be written before the size has to be measured again. */
  #room = 0;

  constructor(ctx: DurableObjectState, env: LedgerEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#keepFor = toSeconds(env.LEDGER_RETENTION ?? "31d", "LEDGER_RETENTION") * 1_000;
    createTables(ctx.storage, crypto.randomUUID());
  }

  /** The purges after a point; the whole ledger where that point is not of its remembered history. */
  since(known: LedgerPoint | undefined): LedgerDelta {
    const head = this.#head();
    const since = known !== undefined && isCovered(head, known) ? known.position : null;
    const rows = this.#sql.exec<SelectorRow>(
      "SELECT selector, hard, soft FROM selectors WHERE last > ? ORDER BY last",
      since ?? 0,
    );
    const changes = Array.from(rows, ({ selector, hard, soft }) => [selector, hard, soft] as const);
    return { ...head, since, changes };
  }

  /**
   * Carries out a purge in one transaction: all of it, or, when it rejects, none of it.
   *
   * @throws {TypeError} if the order names no selector
   */
  async purge(order: PurgeOrder): Promise<PurgeReceipt> {
    const selectors = [...new Set(order.selectors)];
    if (selectors.length === 0)
      throw new TypeError(cannot("purge", "an order names at least one selector", "none"));
    const now = systemClock();
    const receipt = this.ctx.storage.transactionSync(() => this.#raise({ ...order, selectors }, now));
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + DAY_MS);
    return receipt;
  }

  /** The last purges, newest first. */
  history(limit = 100): LoggedPurge[] {
    const rows = this.#sql.exec<LogRow>("SELECT * FROM log ORDER BY position DESC LIMIT ?", limit);
    return Array.from(rows, ({ at, selectors, ...row }) => ({
      ...row,
      orderedAt: at,
      selectors: JSON.parse(selectors),
    }));
  }

  /** Once a day: forgets the purges whose retention is over. */
  override async alarm(): Promise<void> {
    const now = systemClock();
    this.ctx.storage.transactionSync(() => {
      const { upTo } = this.#sql
        .exec<{ upTo: number | null }>(
          "SELECT MAX(last) AS upTo FROM selectors WHERE at <= ?",
          now - this.#keepFor,
        )
        .one();
      if (upTo !== null) this.#forget(upTo);
    });
    const { left } = this.#sql
      .exec<{ left: number }>("SELECT EXISTS (SELECT 1 FROM selectors) AS left")
      .one();
    if (left === 1) await this.ctx.storage.setAlarm(now + DAY_MS);
  }

  #head(): Head {
    return this.#sql.exec<Head>("SELECT epoch, position, floor FROM head").one();
  }

  #raise({ selectors, mode, reason }: PurgeOrder, now: Instant): PurgeReceipt {
    const { epoch, position } = this.#sql
      .exec<Head>("UPDATE head SET position = position + 1 RETURNING epoch, position, floor")
      .one();
    const [hard, soft] = mode === "hard" ? [position, 0] : [0, position];
    for (const selector of selectors) {
      this.#sql.exec(RAISE, selector, hard, soft, position, now);
    }
    this.#sql.exec(
      "INSERT INTO log (position, at, mode, selectors, named, reason) VALUES (?, ?, ?, ?, ?, ?)",
      position,
      now,
      mode,
      selectorsFor(selectors),
      selectors.length,
      reasonFor(reason),
    );
    this.#sql.exec("DELETE FROM log WHERE position <= ?", position - LOG_LENGTH);
    this.#keepSmall(selectors);
    return { epoch, position, selectors: selectors.length };
  }

  #forget(upTo: number): void {
    this.#sql.exec("DELETE FROM selectors WHERE last <= ?", upTo);
    this.#sql.exec("UPDATE head SET floor = MAX(floor, ?)", upTo);
  }

  /** Measures only once what was written since could have filled the room that was left. */
  #keepSmall(written: readonly string[]): void {
    this.#room -= written.reduce((sum, selector) => sum + roomOf(selector), 0);
    if (this.#room > 0) return;
    this.#measure();
    if (this.#room > 0) return;
    // Down to half, so that the next time is far off. URLs first: others can make us purge those.
    this.#coarsen();
    if (this.#room < MOST_CHARACTERS / 4) this.#forgetOldest();
  }

  #measure(): void {
    const { size } = this.#sql
      .exec<{ size: number }>(`SELECT TOTAL(LENGTH(selector) + ${ROW}) AS size FROM selectors`)
      .one();
    this.#room = MOST_CHARACTERS - size;
  }

  /** Purges the buckets of the oldest URLs in place of these: a few more misses, and nothing comes back. */
  #coarsen(): void {
    const urls = this.#sql.exec<SelectorRow & { last: number; at: number }>(
      "SELECT selector, hard, soft, last, at FROM selectors WHERE selector LIKE 'url:%' ORDER BY last",
    );
    for (const { selector, hard, soft, last, at } of urls.toArray()) {
      if (this.#room >= MOST_CHARACTERS / 2) break;
      this.#sql.exec(RAISE, bucketOf(selector), hard, soft, last, at);
      this.#sql.exec("DELETE FROM selectors WHERE selector = ?", selector);
      this.#room += roomOf(selector);
    }
    this.#measure();
  }

  #forgetOldest(): void {
    const oldest = this.#sql.exec<{ last: number; selector: string }>(
      "SELECT last, selector FROM selectors ORDER BY last",
    );
    let upTo = 0;
    for (const { last, selector } of oldest) {
      if (this.#room >= MOST_CHARACTERS / 2) break;
      this.#room += roomOf(selector);
      upTo = last;
    }
    this.#forget(upTo);
  }
}

function roomOf(selector: string): number {
  return selector.length + ROW;
}
