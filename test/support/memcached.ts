import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { freePort, isListening } from "./redis-server.ts";

/** A real Memcached of a test's own, on a free loopback port. */
export interface Memcached {
  readonly address: string;
  kill(): Promise<void>;
  /** Starts it again, empty, after `kill`. */
  start(): Promise<void>;
  /** From now on it takes connections and never answers, until `resume`. */
  freeze(): void;
  resume(): void;
}

export async function memcached(): Promise<Memcached> {
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const user = process.getuid?.() === 0 ? ["-u", "root"] : []; // It insists on being told.
    child = spawn("memcached", ["-l", "127.0.0.1", "-p", String(port), "-U", "0", ...user], {
      stdio: "ignore",
    });
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Error(`memcached ended with code ${child.exitCode}`);
    }
  }

  await start();
  return {
    address: `127.0.0.1:${port}`,
    start,
    async kill() {
      const running = child;
      child = undefined;
      if (running === undefined || running.exitCode !== null) return;
      const over = once(running, "exit");
      running.kill("SIGKILL");
      await over;
    },
    freeze: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
  };
}
