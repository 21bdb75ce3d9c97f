import { Redis } from "ioredis";

export const HOST = "127.0.0.1";

/** What programs do with errors that a client reports by itself: they go on. */
export function ioredis(port: number): Redis {
  const client = new Redis(port, HOST);
  client.on("error", () => undefined);
  return client;
}
