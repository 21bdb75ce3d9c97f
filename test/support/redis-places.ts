import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import type { RedisClient } from "../../src/index.ts";
import { freePort, redisServer, type RedisServer } from "./redis-server.ts";

const HOST = "127.0.0.1";
const PASSWORD = "a password for tests";
const authority = new URL("tls/authority.crt", import.meta.url).pathname;
const certificate = new URL("tls/loopback.crt", import.meta.url).pathname;
const key = new URL("tls/loopback.key", import.meta.url).pathname;

/** Where entries may lie, and a client that reaches them. */
export interface RedisPlace {
  readonly client: RedisClient;
  /** As if so many seconds had passed for all that is kept there. */
  pass(seconds: number): Promise<void>;
  /** One connection to each server, past the client. */
  readonly admins: readonly Redis[];
  close(): Promise<void>;
}

/** Opens the place, with what has been opened already. */
type Open = (opened: Opened) => Promise<{ client: RedisClient; admins: readonly Redis[] }>;

/** What is to be closed, the last first. */
interface Opened {
  server(...settings: readonly string[]): Promise<RedisServer>;
  ioredis<T extends Redis | Cluster>(client: T): T;
  redis<T extends { destroy(): void; on(event: "error", listener: () => void): unknown }>(client: T): T;
}

/** The ways to reach Redis that stores are proved on. */
export const REDIS_PLACES: Readonly<Record<string, Open>> = {
  "Redis of ioredis": async (opened) => {
    const { port } = await opened.server();
    return { client: opened.ioredis(new Redis(port, HOST)), admins: [opened.ioredis(new Redis(port, HOST))] };
  },
  "Redis of ioredis, with pipelines and a key prefix of its own": async (opened) => {
    const { port } = await opened.server();
    const client = opened.ioredis(
      new Redis(port, HOST, { enableAutoPipelining: true, keyPrefix: "app[*]:" }),
    );
    return { client, admins: [opened.ioredis(new Redis(port, HOST))] };
  },
  "Redis of ioredis, by TLS with a password": async (opened) => {
    const { port, tls } = await tlsServer(opened);
    return { client: opened.ioredis(new Redis(tls)), admins: [adminOf(opened, port)] };
  },
  "Redis of ioredis, behind Sentinel": async (opened) => {
    const { port } = await opened.server();
    const sentinel = await sentinelOf(opened, port);
    const client = opened.ioredis(
      new Redis({ sentinels: [{ host: HOST, port: sentinel.port }], name: "one" }),
    );
    return { client, admins: [opened.ioredis(new Redis(port, HOST))] };
  },
  "Cluster of ioredis": async (opened) => {
    const ports = await threeNodes(opened);
    const client = opened.ioredis(new Cluster(ports.map((port) => ({ host: HOST, port }))));
    return { client, admins: ports.map((port) => opened.ioredis(new Redis(port, HOST))) };
  },
  "createClient of redis": async (opened) => {
    const { port } = await opened.server();
    const client = opened.redis(createClient({ socket: { host: HOST, port } }));
    await client.connect();
    return { client, admins: [opened.ioredis(new Redis(port, HOST))] };
  },
  "createClient of redis, by RESP2, by TLS with a password": async (opened) => {
    const { port, ca } = await tlsServer(opened);
    const client = opened.redis(
      createClient({ RESP: 2, password: PASSWORD, socket: { host: HOST, port: port.tls, tls: true, ca } }),
    );
    await client.connect();
    return { client, admins: [adminOf(opened, port)] };
  },
  "createCluster of redis": async (opened) => {
    const ports = await threeNodes(opened);
    const rootNodes = ports.map((port) => ({ socket: { host: HOST, port } }));
    const client = opened.redis(createCluster({ rootNodes }));
    await client.connect();
    return { client, admins: ports.map((port) => opened.ioredis(new Redis(port, HOST))) };
  },
  "createSentinel of redis": async (opened) => {
    const { port } = await opened.server();
    const sentinel = await sentinelOf(opened, port);
    const client = opened.redis(
      createSentinel({ name: "one", sentinelRootNodes: [{ host: HOST, port: sentinel.port }] }),
    );
    await client.connect();
    return { client, admins: [opened.ioredis(new Redis(port, HOST))] };
  },
};

export async function redisPlace(kind: string): Promise<RedisPlace> {
  const closing: (() => unknown)[] = [];
  const opened: Opened = {
    async server(...settings) {
      const server = await redisServer(...settings);
      closing.push(() => server.stop());
      return server;
    },
    ioredis(client) {
      client.on("error", () => undefined);
      closing.push(() => client.disconnect());
      return client;
    },
    redis(client) {
      client.on("error", () => undefined);
      closing.push(() => client.destroy());
      return client;
    },
  };
  const open = REDIS_PLACES[kind];
  if (open === undefined) throw new Error(`There is no place "${kind}"`);
  const { client, admins } = await open(opened);
  return {
    client,
    async pass(seconds) {
      for (const admin of admins) await letPass(admin, seconds);
    },
    admins,
    async close() {
      for (const close of closing.splice(0).toReversed()) await close();
    },
  };
}

/** As if so many seconds had passed for all keys of a server. */
export async function letPass(admin: Redis, seconds: number): Promise<void> {
  for (const name of await admin.keys("*")) {
    const left = (await admin.pttl(name)) - seconds * 1_000;
    await (left > 0 ? admin.pexpire(name, left) : admin.unlink(name));
  }
}

/** A server that speaks TLS on one port, and plainly on another for whoever looks at it. */
async function tlsServer(opened: Opened) {
  const tlsPort = await freePort();
  const { port } = await opened.server(
    ...["--tls-port", String(tlsPort), "--tls-cert-file", certificate, "--tls-key-file", key],
    ...["--tls-ca-cert-file", authority, "--tls-auth-clients", "no", "--requirepass", PASSWORD],
  );
  const ca = await readFile(authority, "utf8");
  return {
    port: { plain: port, tls: tlsPort },
    ca,
    tls: { host: HOST, port: tlsPort, password: PASSWORD, tls: { ca } },
  };
}

function adminOf(opened: Opened, port: { readonly plain: number }): Redis {
  return opened.ioredis(new Redis({ host: HOST, port: port.plain, password: PASSWORD }));
}

/** A sentinel that watches a server under the name "one". */
async function sentinelOf(opened: Opened, port: number): Promise<RedisServer> {
  const file = join(await mkdtemp(join(tmpdir(), "tidemark-sentinel-")), "sentinel.conf");
  await writeFile(file, `sentinel monitor one ${HOST} ${port} 1\n`);
  return opened.server(file, "--sentinel");
}

/** A cluster of three nodes, each with a third of the slots. */
async function threeNodes(opened: Opened): Promise<readonly number[]> {
  const busPorts = await Promise.all([freePort(), freePort(), freePort()]);
  const nodes = await Promise.all(
    busPorts.map((port) =>
      opened.server(
        ...["--cluster-enabled", "yes", "--cluster-announce-ip", HOST, "--cluster-port", String(port)],
      ),
    ),
  );
  const admins = nodes.map(({ port }) => opened.ioredis(new Redis(port, HOST)));
  const thirds = [0, 5_461, 10_923, 16_384];
  for (const [index, admin] of admins.entries()) {
    await admin.call("CLUSTER", "ADDSLOTSRANGE", String(thirds[index]), String((thirds[index + 1] ?? 0) - 1));
    await admin.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
  }
  for (const [index, { port }] of nodes.entries())
    if (index > 0) await admins[0]?.call("CLUSTER", "MEET", HOST, String(port), String(busPorts[index]));
  for (const admin of admins)
    while (!String(await admin.cluster("INFO")).match(/cluster_state:ok[^]*cluster_known_nodes:3/));
  return nodes.map(({ port }) => port);
}
