import { withDeadline } from "../deadline.ts";
import { type Duration, toSeconds } from "../duration.ts";
import { cannot } from "../errors.ts";
import { fingerprint } from "../purge/fingerprint.ts";
import { idempotencyConflict, KEY_LIFE_MS, logged, orderName } from "../purge/journal.ts";
import type { Ledger, LedgerDelta } from "../purge/ledger.ts";
import {
  type RedisClient,
  type RedisCommands,
  redisCommands,
  type RedisSubscriber,
  redisSubscriber,
} from "../redis.ts";
import { redisScript } from "../redis-script.ts";
import { readHistory, readNews, readReceipt, readSince } from "./redis-answers.ts";
import { durableWrites, type RedisDurability } from "./redis-durability.ts";
import { PURGE_SCRIPT, SINCE_SCRIPT } from "./redis-scripts.ts";

/** Options of {@link redisLedger}. */
export interface RedisLedgerOptions {
  /** A connected client of `ioredis` or `redis` (Redis 6.2 or later), alone, behind Sentinel or of a cluster. */
  readonly client: RedisClient | RedisCommands;
  /** A connection of its own for {@link RedisLedger.listen}; nothing else may subscribe on it. */
  readonly subscriber?: RedisClient | RedisSubscriber;
  /**
   * Which ledger: places that share the prefix share their purges. All keys begin with `{prefix}:`, so that a cluster
   * keeps them on one node. Letters, digits, `.`, `_` and `-`.
   *
   * @defaultValue "tidemark"
   */
  readonly prefix?: string;
  /**
   * How long a purge is kept, by the server's clock: at least as long as any entry may live, its stale windows included.
   * Entries older than a forgotten purge count as purged.
   *
   * @defaultValue "31d"
   */
  readonly retention?: Duration;
  /**
   * How long one call may take, more than 0; with `durability` it covers the waiting, too.
   *
   * @defaultValue "5s"
   */
  readonly timeout?: Duration;
  /** Who else must have a purge before it is acknowledged. @defaultValue nobody */
  readonly durability?: RedisDurability;
  /**
   * Whether the server keeps what it has acknowledged across restarts and failovers: `appendfsync always`, or
   * `durability`, and no failover to a replica that lacks some of it. Only who is sure of that may say so.
   *
   * Unless it is said, each restart and each failover begins a new epoch: everything stored before counts as purged,
   * so that a purge that was lost with the last second is not missed.
   *
   * @defaultValue false
   */
  readonly survivesRestart?: boolean;
  /** Purges of operators that the log keeps, and as many changes in traffic. @defaultValue 1000 */
  readonly logLength?: number;
}

/** A ledger in Redis. */
export interface RedisLedger extends Ledger {
  history: NonNullable<Ledger["history"]>;
  /**
   * Hears of each purge as it is made, whoever makes it, as a delta for `LedgerView.apply`; resolves to what ends it.
   * Nobody repeats what was published while the connection was down or was too long to be published (256 KB): the next
   * `since` brings it.
   *
   * @throws {TypeError} if the ledger has no `subscriber`
   */
  listen(onDelta: (delta: LedgerDelta) => void): Promise<() => Promise<void>>;
}

/** A message that is much longer could cost a slow listener its connection. */
const PUBLISHED_CHARACTERS = 256 * 1_024;

/**
 * The ledger in Redis: one script carries out a purge in one atomic step, another answers what has happened since.
 * Each call rejects when the server is out of reach, silent, still loading, full or not the one that may write; a purge
 * that rejected may have been carried out all the same, and may be sent again.
 *
 * Whatever Redis loses, the ledger does not go back: it begins a new epoch when its data are gone (flushed, evicted,
 * started empty), when a server that may lose things was started anew or took over, and when a reader knows of purges
 * that it does not. For that last reason `since` takes points that the ledger itself has given, never a client's.
 *
 * @throws {TypeError} if an option has the wrong shape
 * @throws {RangeError} if an option's value is out of range
 */
export function redisLedger({
  client,
  subscriber,
  prefix = "tidemark",
  retention = "31d",
  timeout = "5s",
  durability = {},
  survivesRestart = false,
  logLength = 1_000,
}: RedisLedgerOptions): RedisLedger {
  if (!/^[\w.-]{1,64}$/.test(prefix)) {
    throw new TypeError(
      cannot("use prefix", "it must be 1 to 64 letters, digits, dots, dashes or underscores", prefix),
    );
  }
  if (!Number.isSafeInteger(logLength) || logLength < 1)
    throw new RangeError(cannot("keep a log", "logLength must be a whole number from 1 on", logLength));
  const keepFor = String(Math.round(toSeconds(retention, "retention") * 1_000));
  const limit = toSeconds(timeout, "timeout");
  if (limit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));

  const commands = redisCommands(client);
  const durably = durableWrites(commands, durability, limit);
  const sinceScript = redisScript(commands.send, SINCE_SCRIPT);
  const purgeScript = redisScript(commands.send, PURGE_SCRIPT);
  const key = (name: string): string => `{${prefix}}:${name}`;
  const [operators, traffic] = [key("log:operator"), key("log:traffic")];
  const keys = [key("head"), key("hard"), key("soft"), key("times"), operators, traffic];
  const channel = key("purges");
  /** An epoch that is taken if the ledger needs one, and how far the server is to be trusted. */
  const opening = (): string[] => [crypto.randomUUID(), survivesRestart ? "1" : "0"];

  return {
    async since(known) {
      const point = known === undefined ? ["", ""] : [known.epoch, String(known.position)];
      const answer = sinceScript.run(keys, [...opening(), ...point]);
      return readSince(await withDeadline(answer, limit, "asking the ledger in Redis"));
    },

    async purge(order) {
      const { mode, idempotencyKey, origin } = order;
      const selectors = [...new Set(order.selectors)];
      if (selectors.length === 0)
        throw new TypeError(cannot("purge", "an order names at least one selector", "none"));
      const message = JSON.stringify({ mode, selectors });
      const own = idempotencyKey === undefined ? [] : [key(`order:${fingerprint(idempotencyKey)}`)];
      const args = [
        ...[...opening(), keepFor, channel, mode, String(origin === "traffic" ? 6 : 5), String(logLength)],
        ...[message.length > PUBLISHED_CHARACTERS ? "" : message, JSON.stringify(logged(order))],
        ...[orderName(order), String(KEY_LIFE_MS), ...selectors],
      ];
      const written = durably(() => purgeScript.run([...keys, ...own], args));
      const receipt = readReceipt(await withDeadline(written, limit, "the purge in Redis"));
      if (receipt === undefined) throw idempotencyConflict();
      return receipt;
    },

    async history({ limit: most, before }) {
      const range = [before === undefined ? "+inf" : `(${before}`, "-inf", "LIMIT", "0", String(most)];
      const logs = [operators, traffic].map((log) => commands.send(["ZREVRANGEBYSCORE", log, ...range], log));
      return readHistory(await withDeadline(Promise.all(logs), limit, "the log in Redis"), most);
    },

    async listen(onDelta) {
      if (subscriber === undefined)
        throw new TypeError(cannot("listen to purges", "the ledger needs a subscriber of its own", "none"));
      return redisSubscriber(subscriber).subscribe(channel, (message) => {
        const delta = readNews(message);
        if (delta !== undefined) onDelta(delta);
      });
    },
  };
}
