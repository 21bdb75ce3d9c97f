import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";

/** A Node process in a process group of its own, so that its own children can be stopped with it. */
export interface Child {
  name: string;
  /** Settles when it has ended, with a word on how. */
  ended: Promise<string>;
  /** The end of what it printed, for the reader of a failure. */
  lastLines(): string;
  /** Asks the whole group to end, and ends it by force after five seconds. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  name: string;
  args: readonly string[];
  cwd: string;
  /** Added to this process's own environment. */
  env: Readonly<Record<string, string>>;
  /** Hears each line of its standard output. Left out, output is only kept for `lastLines`. */
  onLine?: (line: string) => void;
}

const keptLines = 20;
const graceMs = 5_000;

export function startChild({ name, args, cwd, env, onLine }: ChildOptions): Child {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });

  const lines: string[] = [];
  const keep = (line: string): void => {
    if (line.trim() === "") return;
    lines.push(stripVTControlCharacters(line));
    if (lines.length > keptLines) lines.shift();
  };
  createInterface({ input: child.stderr }).on("line", keep);
  createInterface({ input: child.stdout }).on("line", (line) => (onLine ?? keep)(line));

  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // "close", not "exit": by then all it printed has arrived, and the reason is in there. A grandchild
    // may hold the pipes open, so it gets only a moment.
    child.once("exit", (code, signal) => {
      const how = signal ?? `exit code ${code ?? "unknown"}`;
      child.once("close", () => resolve(how));
      setTimeout(() => resolve(how), 500);
    });
  });

  return {
    name,
    ended,
    lastLines: () => lines.join("\n"),
    async stop() {
      const group = child.pid;
      if (group === undefined) return;
      signalGroup(group, "SIGTERM");
      const deadline = performance.now() + graceMs;
      while (signalGroup(group, 0)) {
        if (performance.now() > deadline) {
          signalGroup(group, "SIGKILL");
          return;
        }
        await sleep(25);
      }
    },
  };
}

/** Signals a whole group; 0 only asks. False when nobody of the group is left. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** Whether a port can be listened on at this moment. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Asks an address until it answers 200, the process behind it ends, or the limit in milliseconds is over. */
export async function untilReady(
  url: string,
  ended: Promise<string>,
  limit: number,
): Promise<"ready" | "ended" | "late"> {
  let over: "ended" | undefined;
  void ended.then(() => (over = "ended"));
  const deadline = performance.now() + limit;
  while (performance.now() < deadline) {
    if (over !== undefined) return over;
    if (await answers(url)) return "ready";
    await sleep(100);
  }
  return "late";
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
