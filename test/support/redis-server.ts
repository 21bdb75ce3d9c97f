import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real Redis of a test's own, on a free loopback port, with its files in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  /** Ends it without a word, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again over the same files, after `kill`. */
  start(...settings: readonly string[]): Promise<void>;
  /** From now on it takes connections and never answers, until `resume`. */
  freeze(): void;
  resume(): void;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * @param settings as on the command line, such as `"--appendonly", "yes"`, a configuration file first if there is one;
 * nothing is saved unless they say so
 */
export async function redisServer(...settings: readonly string[]): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(...more: readonly string[]): Promise<void> {
    const own = [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--save",
      "",
      "--loglevel",
      "warning",
      "--repl-diskless-sync-delay",
      "0",
    ];
    const files = settings[0]?.startsWith("--") === false ? 1 : 0;
    const args = [...settings.slice(0, files), ...own, ...settings.slice(files), ...more];
    child = spawn("redis-server", args, { stdio: "ignore" });
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`);
    }
  }

  async function kill(): Promise<void> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const over = once(running, "exit");
    running.kill("SIGKILL");
    await over;
  }

  await start();
  return {
    port,
    kill,
    start,
    freeze: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

/** Whether someone listens there; what a server that still loads its data answers is its own affair. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = await Promise.race([
    once(socket, "connect").then(() => true),
    new Promise<boolean>((resolve) => socket.once("error", () => setTimeout(() => resolve(false), 5))),
  ]).catch(() => false);
  socket.destroy();
  return outcome;
}
