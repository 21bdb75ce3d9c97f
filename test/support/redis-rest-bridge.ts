import { createServer } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";

export const REST_TOKEN = "a-token-for-tests";

/** What the bridge does with the next requests. */
export type BridgeMood = "fair" | "silent" | "garbled" | "short" | "unavailable";

/** A REST server in front of a real Redis that speaks as Upstash does, for one command or a pipeline of them. */
export interface RedisRestBridge {
  readonly url: string;
  /** Requests so far. */
  readonly requests: () => number;
  turn(mood: BridgeMood): void;
  close(): Promise<void>;
}

export async function redisRestBridge(port: number): Promise<RedisRestBridge> {
  const redis = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: 0, retryStrategy: () => 10 });
  redis.on("error", () => undefined);
  let mood: BridgeMood = "fair";
  let requests = 0;

  async function outcome(command: unknown, isBase64: boolean): Promise<object> {
    if (!Array.isArray(command)) return { error: "ERR a command is a list" };
    const [name = "", ...args] = command.map(String);
    try {
      const result: unknown = await redis.callBuffer(name, args);
      return { result: result === null ? null : encoded(result, isBase64) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  const server = createServer(async (request, response) => {
    requests += 1;
    const body = await text(request);
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (mood === "silent") return;
    if (mood === "garbled") return void response.writeHead(200).end("<html>");
    if (mood === "unavailable") return void answer(503, { error: "try again later" });
    if (request.headers.authorization !== `Bearer ${REST_TOKEN}`)
      return void answer(401, { error: "Unauthorized" });
    if (request.method !== "POST" || request.url !== "/pipeline")
      return void answer(404, { error: "Not Found" });
    const commands = JSON.parse(body) as unknown[]; // Ours.
    const isBase64 = request.headers["upstash-encoding"] === "base64";
    const outcomes = await Promise.all(commands.map((command) => outcome(command, isBase64)));
    answer(200, mood === "short" ? outcomes.slice(1) : outcomes);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A TCP server's address is one.
    requests: () => requests,
    turn: (next) => void (mood = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      redis.disconnect();
    },
  };
}

/** Status lines of one word stand for themselves, as in the original; bulk strings may be anything. */
function encoded(result: unknown, isBase64: boolean): unknown {
  if (Array.isArray(result)) return result.map((item) => encoded(item, isBase64));
  if (!Buffer.isBuffer(result)) return result;
  const plain = result.toString("latin1");
  return !isBase64 || plain === "OK" ? plain : result.toString("base64");
}
