import { withDeadline, type Clock, type Instant, type Seconds } from "../../src/index.ts";
import type { RedisAddress } from "./address.ts";
import { encodeCommands, replyReader, type Reply, type Word } from "./resp.ts";

/** One connection to Redis, opened when it is needed and again when it broke. */
export interface RedisConnection {
  /**
   * Sends commands in one piece, and resolves to their answers, in order; what fails by itself is an answer, too. Rejects
   * when the server cannot be reached or is silent for longer than the limit. What rejected may have been carried out.
   */
  send(commands: readonly (readonly Word[])[]): Promise<readonly Reply[]>;
}

/** As much of a socket as is used. */
type Line = Pick<Socket, "readable" | "writable" | "opened" | "close">;

interface Options {
  readonly address: RedisAddress;
  readonly connect: (address: RedisAddress) => Line;
  readonly limit: Seconds;
  readonly clock: Clock;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: unknown) => void;
}

/** After a connection has failed, none is tried for so long: callers learn at once what is the matter. */
const PAUSE_MS = 100;

/** A connection that has been opened. */
interface Open {
  readonly send: RedisConnection["send"];
  readonly end: (reason: Error) => void;
}

export function redisConnection({ address, connect, limit, clock }: Options): RedisConnection {
  let current: Promise<Open> | undefined;
  let failed: { readonly at: Instant; readonly error: Error } | undefined;
  const forget = (): void => void (current = undefined);

  async function opened(): Promise<Open> {
    const line = connect(address);
    try {
      await withDeadline(line.opened, limit, "connecting to Redis");
      const open = over(line, forget);
      const answers = await withDeadline(open.send(address.greeting), limit, "greeting Redis");
      const refusal = answers.find(isError);
      if (refusal !== undefined) throw new Error(refusal.error);
      return open;
    } catch (reason) {
      const error = asError(reason);
      failed = { at: clock(), error };
      forget();
      line.close().catch(() => undefined);
      throw error;
    }
  }

  async function open(): Promise<Open> {
    if (current !== undefined) return current;
    if (failed !== undefined && Math.abs(clock() - failed.at) < PAUSE_MS) throw failed.error;
    current = opened();
    return current;
  }

  return {
    async send(commands) {
      const line = await open();
      try {
        return await withDeadline(line.send(commands), limit, "a command to Redis");
      } catch (error) {
        // Whoever is silent for so long has perhaps gone without a word; the next call begins anew.
        line.end(asError(error));
        throw error;
      }
    },
  };
}

/** Commands over an open line: answers come in the order of the commands. `onEnd` hears when it is of no more use. */
function over(line: Line, onEnd: () => void): Open {
  const writer = (line.writable as WritableStream<Uint8Array>).getWriter(); // Bytes, as the platform documents.
  const reader = (line.readable as ReadableStream<Uint8Array>).getReader();
  const replies = replyReader();
  let waiting: Waiting[] = [];
  let broken: Error | undefined;

  function end(reason: Error): void {
    if (broken !== undefined) return;
    broken = reason;
    onEnd();
    for (const { reject } of waiting) reject(reason);
    waiting = [];
    line.close().catch(() => undefined);
  }

  async function listen(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new Error("The connection to Redis was closed");
        for (const reply of replies.push(value)) waiting.shift()?.resolve(reply);
      }
    } catch (error) {
      end(asError(error));
    }
  }

  void listen();
  return {
    end,
    send(commands) {
      if (broken !== undefined) return Promise.reject(broken);
      const answers = commands.map(
        () => new Promise<Reply>((resolve, reject) => void waiting.push({ resolve, reject })),
      );
      if (commands.length > 0) writer.write(encodeCommands(commands)).catch(end);
      return Promise.all(answers);
    },
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

export function isError(reply: Reply): reply is { readonly error: string } {
  return typeof reply === "object" && reply !== null && "error" in reply;
}
