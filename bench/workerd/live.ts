// Runs inside workerd: as little as it takes to tell a crowd of listeners of something, without a ledger.
import { DurableObject } from "cloudflare:workers";

interface BenchEnv {
  readonly SHARD: DurableObjectNamespace<ShardObject>;
}

/** As many as the cache's own listeners are spread over by default. */
const SHARDS = 4;

/** Holds sockets and sends them what it is told. */
export class ShardObject extends DurableObject<BenchEnv> {
  override fetch(): Response {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  tell(text: string): void {
    for (const socket of this.ctx.getWebSockets()) socket.send(text);
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }
}

// The platform takes its worker as the default export.
export default {
  async fetch(request: Request, { SHARD }: BenchEnv): Promise<Response> {
    const shard = (index: number) => SHARD.get(SHARD.idFromName(`${index}`));
    if (request.headers.get("upgrade") === "websocket")
      return shard(Math.floor(Math.random() * SHARDS)).fetch(request);
    if (request.method !== "POST") return new Response("ok");
    const text = await request.text();
    await Promise.all(Array.from({ length: SHARDS }, (_, index) => shard(index).tell(text)));
    return new Response("told");
  },
};
