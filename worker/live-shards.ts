import { withDeadline } from "../src/index.ts";
import type { LedgerDelta, Seconds } from "../src/index.ts";

/** A shard of listeners, as the ledger knows it: a `LiveObject`. */
export interface LiveShard extends Rpc.DurableObjectBranded {
  /** Purges, in order. Resolves to whether anybody listens there. */
  told(delta: LedgerDelta): Promise<boolean>;
}

/** What the ledger needs to tell of purges as they happen. */
export interface LiveShardsEnv {
  /** The shards; without it the ledger tells nobody. */
  readonly LIVE?: DurableObjectNamespace<LiveShard>;
}

/** Those whom a ledger tells of each purge. */
export interface LiveShards {
  /** From now on the shard of this name is told. */
  add(shard: string): void;
  /** Tells all shards, behind the answer: no purge waits for them. */
  tell(delta: LedgerDelta): void;
}

/** One shard: what it has not heard yet, and how often it registered. */
interface Line {
  waiting: LedgerDelta | undefined;
  isBusy: boolean;
  registered: number;
}

const TELL_WITHIN: Seconds = 5;
/** Between tries; after the last one the shard counts as gone until it registers again. */
const RETRIES_MS: readonly number[] = [100, 500, 2_000, 8_000];
/** Changes that may wait for one shard; beyond them it is told where the ledger stands, and asks. */
const MOST_WAITING = 10_000;

/**
 * Tells the shards that have registered. The list is in the ledger's storage, so it survives a restart; what was
 * under way then is lost, which a shard finds out by itself: the next purge does not follow on what it has, or its own
 * minute is over. A shard that nobody listens to leaves the list.
 */
export function liveShards(
  ctx: Pick<DurableObjectState, "storage" | "waitUntil">,
  { LIVE }: LiveShardsEnv,
): LiveShards {
  const { sql } = ctx.storage;
  sql.exec("CREATE TABLE IF NOT EXISTS live_shards (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID");
  const rows = sql.exec<{ name: string }>("SELECT name FROM live_shards");
  const lines = new Map<string, Line>(Array.from(rows, ({ name }) => [name, newLine()]));

  function remove(shard: string): void {
    lines.delete(shard);
    sql.exec("DELETE FROM live_shards WHERE name = ?", shard);
  }

  async function send(namespace: DurableObjectNamespace<LiveShard>, shard: string, line: Line) {
    line.isBusy = true;
    let failures = 0;
    while (line.waiting !== undefined) {
      const { waiting, registered } = line;
      line.waiting = undefined;
      try {
        const stub = namespace.get(namespace.idFromName(shard));
        // Somebody may have come to listen since the answer was given: then the shard has registered anew.
        const isHeard = await withDeadline(stub.told(waiting), TELL_WITHIN, "telling a shard");
        if (!isHeard && line.registered === registered) remove(shard);
        failures = 0;
      } catch {
        const pause = RETRIES_MS[failures];
        failures += 1;
        if (pause === undefined) {
          if (line.registered === registered) remove(shard);
          break;
        }
        line.waiting = joined(waiting, line.waiting);
        await new Promise((resolve) => void setTimeout(resolve, pause));
      }
    }
    line.isBusy = false;
  }

  return {
    add(shard) {
      const line = lines.get(shard);
      if (line !== undefined) line.registered += 1;
      else {
        lines.set(shard, newLine());
        sql.exec("INSERT OR IGNORE INTO live_shards (name) VALUES (?)", shard);
      }
    },
    tell(delta) {
      if (LIVE === undefined) return;
      for (const [shard, line] of lines) {
        line.waiting = joined(line.waiting, delta);
        if (!line.isBusy) ctx.waitUntil(send(LIVE, shard, line));
      }
    },
  };
}

function newLine(): Line {
  return { waiting: undefined, isBusy: false, registered: 1 };
}

/** Two deltas that follow on each other as one. */
function joined(first: LedgerDelta | undefined, second: LedgerDelta | undefined): LedgerDelta | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const changes = [...first.changes, ...second.changes];
  const isTooMuch = changes.length > MOST_WAITING;
  return isTooMuch
    ? { ...second, since: second.position, changes: [] }
    : { ...second, since: first.since, changes };
}
