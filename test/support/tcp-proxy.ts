import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What a proxy does with what a server says. */
export type Weather =
  /** As if it were not there. */
  | { readonly kind: "fair" }
  /** Nothing that is said arrives, in neither direction; connections stay, and stay silent. */
  | { readonly kind: "silent" }
  /** What the client says arrives, what the server says does not: the way back of a connection is lost for good. */
  | { readonly kind: "half-open" }
  /** Answers arrive so many milliseconds later. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** Answers arrive byte by byte. */
  | { readonly kind: "dripping" }
  /** The connection breaks after so many bytes of the next answer; then all is fair again. */
  | { readonly kind: "cut"; readonly after: number };

/** A line to a server on which things go wrong when a test says so. */
export interface TcpProxy {
  readonly port: number;
  /** From now on, for open connections and for new ones. */
  turn(weather: Weather): void;
  /** Breaks all open connections. */
  breakAll(): void;
  close(): Promise<void>;
}

export async function tcpProxy(target: number): Promise<TcpProxy> {
  let weather: Weather = { kind: "fair" };
  const sockets = new Set<Socket>();

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  }

  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) keep(socket);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    // TCP never goes on behind bytes that were lost.
    let isLost = false;
    client.on("data", (chunk) => {
      isLost ||= weather.kind === "silent";
      if (weather.kind !== "silent") upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      isLost ||= weather.kind === "silent" || weather.kind === "half-open";
      if (!isLost) answer(client, chunk);
    });
  });

  function answer(client: Socket, chunk: Buffer): void {
    switch (weather.kind) {
      case "fair":
        client.write(chunk);
        return;
      case "silent":
      case "half-open":
        return;
      case "slow":
        setTimeout(() => client.destroyed || client.write(chunk), weather.milliseconds);
        return;
      case "dripping":
        client.setNoDelay(true);
        for (const byte of chunk) client.write(Uint8Array.of(byte));
        return;
      case "cut":
        client.write(chunk.subarray(0, weather.after), () => client.destroy());
        weather = { kind: "fair" };
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    turn: (next) => void (weather = next),
    breakAll,
    async close() {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}
