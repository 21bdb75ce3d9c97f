import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/index.ts";
import { evictionQueue, type DeadLetter, type EvictionQueue, type Waiting } from "./eviction-queue.ts";
import { kvSink, zoneSink, type EvictionItem, type EvictionSink } from "./eviction-sinks.ts";

/** What {@link EvictionObject} deletes from; what is not bound or set is left alone. */
export interface EvictionEnv {
  readonly CACHE_KV?: KVNamespace;
  /** With the version, what `createEdgeCache` has as `keys`: the ready-made worker's is "edge". @defaultValue "edge" */
  readonly CACHE_PREFIX?: string;
  /** As for the cache itself: another version's entries are not looked for. @defaultValue "1" */
  readonly CACHE_VERSION?: string;
  readonly ZONE_ID?: string;
  /** Secret. */
  readonly ZONE_PURGE_TOKEN?: string;
}

/** How the deletions stand. */
export interface EvictionReport {
  /** Items that wait, by sink. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Items that were given up, the latest purges first. */
  readonly dead: readonly DeadLetter[];
}

/** Purges of a moment wait for each other, so that one call may carry them all. */
const GATHER_MS = 1_000;
const DEAD_SHOWN = 100;
/** Calls of one alarm. */
const CALLS = 10;

/**
 * Deletes what purges have made useless, where it lies: Workers KV, and a zone's cache in front. It saves room and hides
 * nothing that could be served: what is purged is not served whether or not it has been deleted. Deletions wait in SQLite,
 * keep to each place's quota, are tried again for about a day, and are then kept to be looked at.
 */
export class EvictionObject extends DurableObject<EvictionEnv> {
  readonly #queue: EvictionQueue;
  readonly #sinks: readonly EvictionSink[];

  constructor(ctx: DurableObjectState, env: EvictionEnv) {
    super(ctx, env);
    this.#queue = evictionQueue(ctx.storage.sql);
    this.#sinks = sinksOf(env);
  }

  /** Takes items to be deleted; each place is asked for what it can find. */
  async enqueue(items: readonly EvictionItem[]): Promise<void> {
    const dueAt = systemClock() + GATHER_MS;
    for (const { name, takes } of this.#sinks) {
      const own = items.filter(({ kind }) => takes(kind));
      if (own.length > 0) this.ctx.storage.transactionSync(() => this.#queue.add(name, own, dueAt));
    }
    await this.#wakeUp();
  }

  report(): EvictionReport {
    return { waiting: this.#queue.count(), dead: this.#queue.dead(DEAD_SHOWN) };
  }

  /** Gives the dead letters another try; resolves to how many there were. */
  async retry(): Promise<number> {
    const revived = this.#queue.revive(systemClock());
    await this.#wakeUp();
    return revived;
  }

  override async alarm(): Promise<void> {
    for (const sink of this.#sinks) {
      for (let calls = 0; calls < CALLS; calls += 1) {
        const items = this.#queue.take(sink, systemClock());
        if (items.length === 0) break;
        await this.#call(sink, items);
      }
    }
    await this.#wakeUp();
  }

  async #call(sink: EvictionSink, items: readonly Waiting[]): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    try {
      const progress = await sink.evict(items, first.cursor);
      if (progress.done) this.#queue.done(items);
      else this.#queue.goOn(first, progress.cursor, systemClock());
    } catch (error) {
      this.#queue.failed(items, error instanceof Error ? error.message : String(error), systemClock());
    }
  }

  async #wakeUp(): Promise<void> {
    const next = this.#queue.nextAt(this.#sinks, systemClock());
    if (next !== undefined) await this.ctx.storage.setAlarm(next);
  }
}

function sinksOf({
  CACHE_KV,
  CACHE_PREFIX = "edge",
  CACHE_VERSION = "1",
  ZONE_ID,
  ZONE_PURGE_TOKEN,
}: EvictionEnv): readonly EvictionSink[] {
  const sinks: EvictionSink[] = [];
  if (CACHE_KV !== undefined) sinks.push(kvSink(CACHE_KV, { prefix: CACHE_PREFIX, version: CACHE_VERSION }));
  if (ZONE_ID && ZONE_PURGE_TOKEN) sinks.push(zoneSink({ zoneId: ZONE_ID, apiToken: ZONE_PURGE_TOKEN }));
  return sinks;
}
