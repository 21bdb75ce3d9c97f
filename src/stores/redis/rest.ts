import { cannot } from "../../errors.ts";
import { withDeadline } from "../../deadline.ts";
import { type Duration, toSeconds } from "../../duration.ts";
import type { RedisArgument, RedisCommands } from "../../redis.ts";
import { gather } from "../gather.ts";
import { fromBase64 } from "./base64.ts";

/** As much of the platform's `fetch` as is used. */
export type RestFetch = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** An `AbortSignal`, whatever the platform's is. */
    readonly signal: never;
  },
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

/** Options of {@link redisRest}. */
export interface RedisRestOptions {
  /** The address of the REST server, such as `https://eu1-some-name.upstash.io`. */
  readonly url: string;
  /** Secret. What it knows us by. */
  readonly token: string;
  /** The platform's own, such as `(url, init) => fetch(url, init)`. */
  readonly fetch: RestFetch;
  /** How long one request may take, more than 0; then it is given up. @defaultValue "1s" */
  readonly timeout?: Duration;
}

/** Commands of one request. */
const MOST_COMMANDS = 256;

/** What the server says of one command. */
type Outcome = { readonly result: unknown } | { readonly error: string };

/**
 * Redis over HTTP, as Upstash speaks it: the commands of one tick travel in one request to `/pipeline`, answers come back
 * as base64. For stores and ledgers where there is no lasting connection. Commands are JSON, so they carry text and no bytes.
 *
 * @throws {TypeError} if the address, the token or `fetch` is none
 * @throws {RangeError} if `timeout` is not more than 0
 */
export function redisRest({ url, token, fetch, timeout = "1s" }: RedisRestOptions): RedisCommands {
  const limit = toSeconds(timeout, "timeout");
  if (limit === 0) throw new RangeError(cannot("read timeout", "it must be more than 0", timeout));
  if (typeof token !== "string" || token === "")
    throw new TypeError("Cannot use Redis over REST: token must be text");
  if (typeof fetch !== "function")
    throw new TypeError(cannot("use Redis over REST", "fetch must be the platform's", fetch));
  const address = `${readUrl(url)}/pipeline`;
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "upstash-encoding": "base64",
  };

  const ask = gather<readonly RedisArgument[], Outcome>(MOST_COMMANDS, async (commands) => {
    const abort = new AbortController();
    const body = JSON.stringify(commands);
    // Our own signal is the platform's; its type is not known here.
    const request = fetch(address, { method: "POST", headers, body, signal: abort.signal as never });
    const answer = request.then(async (response) => readAnswer(response.status, await response.json()));
    try {
      return await withDeadline(answer, limit, "a request to Redis over REST");
    } catch (error) {
      abort.abort();
      throw error;
    }
  });

  async function sendBytes(command: readonly RedisArgument[]): Promise<unknown> {
    if (!command.every((word) => typeof word === "string"))
      throw new TypeError(cannot("send to Redis over REST", "it carries text", "bytes"));
    const outcome = await ask(command);
    if ("error" in outcome) throw new Error(outcome.error);
    return inBytes(outcome.result);
  }

  return {
    isCluster: false,
    sendBytes,
    send: async (command) => inText(await sendBytes(command)),
  };
}

function readUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== "")
    throw new TypeError("Cannot use Redis over REST: url must be an http or https address without a user");
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
}

function readAnswer(status: number, answer: unknown): readonly Outcome[] {
  if (Array.isArray(answer) && answer.every(isOutcome)) return answer;
  const said = isOutcome(answer) && "error" in answer ? `: ${answer.error.slice(0, 200)}` : "";
  throw new Error(`Redis over REST answered with status ${status}${said}`);
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== "object" || value === null) return false;
  return "result" in value || ("error" in value && typeof value.error === "string");
}

/** "OK" stands for itself; it could not be base64. All other text is. */
function inBytes(result: unknown): unknown {
  if (typeof result === "string") return result === "OK" ? result : fromBase64(result);
  return Array.isArray(result) ? result.map(inBytes) : result;
}

function inText(result: unknown): unknown {
  if (result instanceof Uint8Array) return new TextDecoder().decode(result);
  return Array.isArray(result) ? result.map(inText) : result;
}
