import { DurableObject } from "cloudflare:workers";
import { cannot, deltaOf, isCovered, systemClock, toSeconds } from "../src/index.ts";
import type {
  Instant,
  LedgerDelta,
  LedgerPoint,
  LoggedPurge,
  PurgeOrder,
  PurgeReceipt,
} from "../src/index.ts";
import { liveShards, type LiveShards, type LiveShardsEnv } from "./live-shards.ts";
import { forgetUpTo, ledgerLimits, type Limits } from "./purge-limits.ts";
import {
  createTables,
  findKey,
  forgetKeys,
  readLog,
  trimLog,
  writeKey,
  writeLog,
  type Head,
  type SelectorRow,
} from "./purge-tables.ts";

/** Settings of {@link LedgerObject}, from the Worker's environment. */
export interface LedgerEnv extends LiveShardsEnv {
  /**
   * How long a purge is kept, such as "31d": at least as long as any entry may live, its stale windows included.
   * Entries older than a forgotten purge count as purged.
   *
   * @defaultValue "31d"
   */
  readonly LEDGER_RETENTION?: string;
}

const DAY_MS = 86_400_000;

/**
 * The ledger as a Durable Object with SQLite: its single thread orders the purges, its storage makes them last.
 * What `purge` acknowledges has been written; it survives a restart, an eviction and a new deployment.
 *
 * @throws {TypeError | RangeError} at construction, if `LEDGER_RETENTION` cannot be read
 */
export class LedgerObject extends DurableObject<LedgerEnv> {
  readonly #sql: SqlStorage;
  readonly #keepFor: number;
  readonly #limits: Limits;
  readonly #live: LiveShards;

  constructor(ctx: DurableObjectState, env: LedgerEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#limits = ledgerLimits(ctx.storage.sql);
    this.#keepFor = toSeconds(env.LEDGER_RETENTION ?? "31d", "LEDGER_RETENTION") * 1_000;
    createTables(ctx.storage, crypto.randomUUID());
    this.#live = liveShards(ctx, env);
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
   * For a shard of listeners, which is told of each purge from now on: the purges after a point; without one, only where
   * the ledger stands.
   */
  listen(shard: string, known: LedgerPoint | undefined): LedgerDelta {
    this.#live.add(shard);
    if (known !== undefined) return this.since(known);
    const head = this.#head();
    return { ...head, since: head.position, changes: [] };
  }

  /**
   * Carries out a purge in one transaction: all of it, or, when it rejects, none of it. An order whose idempotency key
   * is known changes nothing: it gets the first receipt, or `conflict` if that was another order's. (A value and not an
   * error, as an error's name does not survive the way to a Worker.)
   *
   * @throws {TypeError} if the order names no selector
   */
  async purge(order: PurgeOrder): Promise<PurgeReceipt | "conflict"> {
    const selectors = [...new Set(order.selectors)];
    if (selectors.length === 0)
      throw new TypeError(cannot("purge", "an order names at least one selector", "none"));
    const now = systemClock();
    const outcome = this.ctx.storage.transactionSync(() => this.#carryOut({ ...order, selectors }, now));
    if (outcome !== "conflict" && !outcome.isReplay)
      this.#live.tell(deltaOf({ ...order, selectors }, outcome));
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + DAY_MS);
    return outcome;
  }

  /** The last purges, newest first, `before` a position if one is given. */
  history({ limit, before = Number.MAX_SAFE_INTEGER }: { limit: number; before?: number }): LoggedPurge[] {
    return readLog(this.#sql, limit, before);
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
      if (upTo !== null) forgetUpTo(this.#sql, upTo);
      forgetKeys(this.#sql, now);
    });
    const { left } = this.#sql
      .exec<{ left: number }>("SELECT EXISTS (SELECT 1 FROM selectors) AS left")
      .one();
    if (left === 1) await this.ctx.storage.setAlarm(now + DAY_MS);
  }

  #head(): Head {
    return this.#sql.exec<Head>("SELECT epoch, position, floor FROM head").one();
  }

  #carryOut(order: PurgeOrder, now: Instant): PurgeReceipt | "conflict" {
    const known = findKey(this.#sql, order, now);
    if (known === "conflict") return known;
    if (known !== undefined) return { epoch: this.#head().epoch, ...known, isReplay: true };
    const receipt = this.#raise(order, now);
    writeLog(this.#sql, order, receipt.position, now);
    trimLog(this.#sql, receipt.position);
    writeKey(this.#sql, order, receipt, now);
    this.#limits.keep(order.selectors);
    return receipt;
  }

  #raise({ selectors, mode }: PurgeOrder, now: Instant): PurgeReceipt {
    const { epoch, position } = this.#sql
      .exec<Head>("UPDATE head SET position = position + 1 RETURNING epoch, position, floor")
      .one();
    const [hard, soft] = mode === "hard" ? [position, 0] : [0, position];
    for (const selector of selectors) {
      this.#sql.exec(
        `INSERT INTO selectors (selector, hard, soft, last, at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (selector) DO UPDATE SET
           hard = MAX(hard, excluded.hard), soft = MAX(soft, excluded.soft), last = excluded.last, at = excluded.at`,
        selector,
        hard,
        soft,
        position,
        now,
      );
    }
    return { epoch, position, selectors: selectors.length };
  }
}
