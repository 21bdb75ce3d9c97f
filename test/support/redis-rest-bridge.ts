import { createServer, type IncomingMessage } from "node:http";
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

  async function answer(request: IncomingMessage): Promise<{ status: number; body: string } | undefined> {
    requests += 1;
    const sent = await text(request);
    if (mood === "silent") return undefined;
    if (mood === "garbled") return { status: 200, body: "<html>" };
    const said = (status: number, value: unknown) => ({ status, body: JSON.stringify(value) });
    if (mood === "unavailable") return said(503, { error: "try again later" });
    if (request.headers.authorization !== `Bearer ${REST_TOKEN}`) return said(401, { error: "Unauthorized" });
    if (request.method !== "POST" || request.url !== "/pipeline") return said(404, { error: "Not Found" });
    const commands = JSON.parse(sent) as unknown[]; // Ours.
    const isBase64 = request.headers["upstash-encoding"] === "base64";
    const outcomes = await Promise.all(commands.map((command) => outcome(command, isBase64)));
    return said(200, mood === "short" ? outcomes.slice(1) : outcomes);
  }

  const server = createServer((request, response) => {
    void answer(request).then((it) => {
      if (it !== undefined)
        response.writeHead(it.status, { "content-type": "application/json" }).end(it.body);
    });
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
