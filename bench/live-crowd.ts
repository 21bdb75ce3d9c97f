import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Order, Told } from "./live-listeners.ts";

/** Many who listen to a server, in processes of their own. */
export interface Crowd {
  /** How many have a connection. */
  readonly size: number;
  /**
   * When each has heard of a text that `say` makes the server tell them, in nanoseconds from its call on, those first
   * who heard first. Who has not heard within 20 seconds is not in it.
   */
  hear(text: string, say: () => Promise<unknown>): Promise<readonly number[]>;
}

/** Processes that listeners are spread over. */
export interface Crowds {
  /** Connects so many to a WebSocket's address, or as many as the machine takes. */
  gather(url: string, count: number): Promise<Crowd>;
  /** Ends them all. */
  disperse(): Promise<void>;
}

export function crowdsIn(processes: number): Crowds {
  const file = new URL("live-listeners.ts", import.meta.url);
  const children = Array.from({ length: processes }, () => fork(file));
  return {
    async gather(url, count) {
      const shares = children.map((_, index) => Math.floor((count + index) / processes));
      const opened = await Promise.all(
        children.map((child, index) => ask(child, { type: "open", url, count: shares[index] ?? 0 }, "open")),
      );
      return {
        size: opened.reduce((sum, told) => sum + told.count, 0),
        async hear(text, say) {
          await Promise.all(children.map((child) => ask(child, { type: "expect", url, text }, "ready")));
          const heard = children.map((child) => answer(child, "heard"));
          const start = Number(process.hrtime.bigint());
          await say();
          const at = (await Promise.all(heard)).flatMap((told) => told.at);
          return at.map((instant) => instant - start).sort((one, other) => one - other);
        },
      };
    },
    async disperse() {
      const over = children.map((child) => once(child, "exit"));
      for (const child of children) child.disconnect();
      await Promise.all(over);
    },
  };
}

type Answer<Type extends Told["type"]> = Extract<Told, { readonly type: Type }>;

function ask<Type extends Told["type"]>(
  child: ChildProcess,
  order: Order,
  type: Type,
): Promise<Answer<Type>> {
  const told = answer(child, type);
  child.send(order);
  return told;
}

async function answer<Type extends Told["type"]>(child: ChildProcess, type: Type): Promise<Answer<Type>> {
  const [told] = (await once(child, "message")) as [Told]; // All that this child sends.
  if (!isOf(told, type))
    throw new Error(`Cannot measure: the listeners said ${told.type} instead of ${type}`);
  return told;
}

function isOf<Type extends Told["type"]>(told: Told, type: Type): told is Answer<Type> {
  return told.type === type;
}

/** Files that a process needs besides its sockets, at the most. */
const OTHER_FILES = 400;

/** How many sockets a workerd can hold: each takes two of the files that a process may have open. */
export function mostSockets(): number {
  if (!existsSync("/proc/self/limits")) return Number.POSITIVE_INFINITY;
  const files = /^Max open files +\d+ +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return files === undefined ? Number.POSITIVE_INFINITY : Math.floor((Number(files) - OTHER_FILES) / 2);
}

/** Resident bytes of processes; not a number where there are none, or no `/proc`. */
export function residentBytes(pids: readonly number[]): number {
  if (pids.length === 0) return Number.NaN;
  const kilobytes = pids.map(
    (pid) => /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1],
  );
  return kilobytes.reduce((sum, text) => sum + Number(text) * 1_024, 0);
}

/** Every workerd that a process has started itself. */
export function workerds(parent: number | undefined): readonly number[] {
  if (!existsSync(`/proc/${parent}/task`)) return [];
  return readdirSync(`/proc/${parent}/task`)
    .flatMap((task) => readFileSync(`/proc/${parent}/task/${task}/children`, "utf8").split(" "))
    .filter((pid) => pid !== "" && readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"))
    .map(Number);
}
