import type { Seconds } from "../../clock.ts";
import { withDeadline } from "../../deadline.ts";
import type { RedisArgument, RedisCommands } from "../../redis.ts";
import { redisScript, sha1 } from "../../redis-script.ts";
import { gather } from "../gather.ts";
import { listsOf } from "../lists.ts";

/** The few calls that a store makes; each rejects once its time is over. Names are keys as Redis has them. */
export interface RedisCalls {
  /** What stands under a name, `undefined` if it is nothing or no text. The reads of one tick are asked for together. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** As many reads, answered in the order of the names. */
  readMany(names: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Resolves to whether it wrote; `onlyNew` = only where nothing stands. */
  write(name: string, value: RedisArgument, milliseconds: number, onlyNew?: boolean): Promise<boolean>;
  /** Resolves to how many there were. */
  remove(names: readonly string[]): Promise<number>;
  /**
   * In one atomic step: puts a value, or nothing, in the place of what was read, unless that has changed. A time of "keep"
   * is the time that is left.
   */
  swap(
    name: string,
    seen: Uint8Array | undefined,
    value: RedisArgument | undefined,
    milliseconds: number | "keep",
  ): Promise<boolean>;
  /** Waits for an answer for so long and no longer. */
  inTime<T>(answer: Promise<T>): Promise<T>;
}

/** Keys of one command: so many that it is worth its while, and so few that nobody waits for long behind it. */
const MOST_KEYS = 256;

/** Compares by digest, so that what was read need not travel back. */
const SWAP_SCRIPT = `
local there = redis.pcall('GET', KEYS[1])
if type(there) == 'table' then there = false end
if (there and redis.sha1hex(there) or '') ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then redis.call('DEL', KEYS[1])
elseif ARGV[3] == 'keep' then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

/** The calls over a connection whose commands are answered in bytes. */
export function redisCalls(
  sendBytes: NonNullable<RedisCommands["sendBytes"]>,
  isCluster: boolean,
  limit: Seconds,
): RedisCalls {
  const script = redisScript<RedisArgument>(sendBytes, SWAP_SCRIPT);
  const inTime = <T>(answer: Promise<T>): Promise<T> => withDeadline(answer, limit, "a call to Redis");

  async function readSome(names: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const answers = await inTime(sendBytes(["MGET", ...names], names[0]));
    if (!Array.isArray(answers)) throw unknownForm("MGET");
    return answers.map(bytesOf);
  }

  /** Someone else's list under our name is as good as nothing, as it is for `MGET`. */
  async function readOne(name: string): Promise<Uint8Array | undefined> {
    try {
      return bytesOf(await inTime(sendBytes(["GET", name], name)));
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return undefined;
      throw error;
    }
  }

  // A cluster refuses a command with keys of several slots. Its client sends these to their nodes, each in a pipeline.
  const read = isCluster ? readOne : gather(MOST_KEYS, readSome);

  async function removeSome(names: readonly string[]): Promise<number> {
    const count = await sendBytes(["UNLINK", ...names], names[0]);
    if (typeof count !== "number") throw unknownForm("UNLINK");
    return count;
  }

  return {
    inTime,
    read,
    async readMany(names) {
      if (isCluster) return Promise.all(names.map(readOne));
      if (names.length <= MOST_KEYS) return names.length === 0 ? [] : readSome(names);
      return (await Promise.all(listsOf(MOST_KEYS, names).map(readSome))).flat();
    },
    async write(name, value, milliseconds, onlyNew = false) {
      const command = ["SET", name, value, "PX", String(milliseconds), ...(onlyNew ? ["NX"] : [])];
      return (await inTime(sendBytes(command, name))) !== null;
    },
    async remove(names) {
      const counts = await inTime(Promise.all(listsOf(isCluster ? 1 : MOST_KEYS, names).map(removeSome)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async swap(name, seen, value, milliseconds) {
      const digest = seen === undefined ? "" : await sha1(new Uint8Array(seen));
      const time = value === undefined ? "0" : String(milliseconds);
      return (await inTime(script.run([name], [digest, value ?? "", time]))) === 1;
    },
  };
}

function bytesOf(answer: unknown): Uint8Array | undefined {
  if (answer === null) return undefined;
  if (!(answer instanceof Uint8Array)) throw unknownForm("a read");
  return answer;
}

function unknownForm(command: string): Error {
  return new Error(`Redis answered ${command} in a form that is not its own`);
}
