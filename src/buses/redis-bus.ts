import { cannot } from "../errors.ts";
import { report, type OnEvent } from "../events.ts";
import { redisCommands, redisSubscriber } from "../redis.ts";
import type { RedisClient, RedisCommands, RedisSubscriber } from "../redis.ts";
import type { Bus } from "../values/bus.ts";
import { hearers } from "./hearers.ts";

/** Options of {@link redisBus}. */
export interface RedisBusOptions {
  /** A connected client of `ioredis` or `redis`, alone, behind Sentinel or of a cluster; others may use it, too. */
  readonly publisher: RedisClient | RedisCommands;
  /** A connection of its own: nothing else may subscribe to the channel on it, and most clients can do nothing else with it. */
  readonly subscriber: RedisClient | RedisSubscriber;
  /** Those who share it hear each other, whatever database they use. @defaultValue "tidemark:bus" */
  readonly channel?: string;
  /** Told of each subscription that failed; it is tried again as long as somebody wants to hear. */
  readonly onError?: OnEvent<unknown>;
}

/** Messages that wait for a server at once; more are lost, so that a silent server costs no memory. */
const MOST_WAITING = 1_000;

/** From the first wait to the longest, in milliseconds, each twice the one before. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

/**
 * A bus by `PUBLISH` and `SUBSCRIBE`. Listens as long as somebody wants to hear; the clients subscribe anew by themselves when
 * their connection comes back, and what was published meanwhile is lost.
 *
 * @throws {TypeError} if a client is none that it knows, or the channel is no name
 */
export function redisBus({ publisher, subscriber, channel = "tidemark:bus", onError }: RedisBusOptions): Bus {
  if (typeof channel !== "string" || channel === "")
    throw new TypeError(cannot("use a channel", "it must be a text that is not empty", channel));
  const commands = redisCommands(publisher);
  const line = redisSubscriber(subscriber);
  let waiting = 0;
  /** Begins and ends take turns, so that no late end silences a new beginning. */
  let turns: Promise<void> = Promise.resolve();

  function open(tell: (message: string) => void): () => void {
    const over = new AbortController();
    let stop: (() => Promise<void>) | undefined;
    turns = turns.then(async () => {
      stop = await subscribed(tell, over.signal);
    });
    return () => {
      over.abort();
      turns = turns.then(async () => stop?.()).catch((error: unknown) => report(onError, error));
    };
  }

  /** Tries until it succeeds or nobody wants to hear any more. */
  async function subscribed(
    tell: (message: string) => void,
    over: AbortSignal,
  ): Promise<(() => Promise<void>) | undefined> {
    for (let wait = FIRST_WAIT; !over.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        return await line.subscribe(channel, tell);
      } catch (error) {
        report(onError, error);
        await pause(wait, over);
      }
    }
    return undefined;
  }

  return {
    subscribe: hearers(open).subscribe,
    async publish(message) {
      if (waiting >= MOST_WAITING) return;
      waiting += 1;
      try {
        await commands.send(["PUBLISH", channel, message]);
      } finally {
        waiting -= 1;
      }
    },
  };
}

async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    over.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
