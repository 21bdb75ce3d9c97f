import { fork } from "node:child_process";
import { once } from "node:events";
import type { GetOrSetOptions } from "../../src/index.ts";
import type { Answer, News, Order, ProgramOptions, Work } from "./values-program.ts";

/** A cache of values in a process of its own. */
export interface ValuesProcess {
  /** A member of its cache, by its name. */
  call(member: string, ...args: readonly unknown[]): Promise<unknown>;
  /** So many `getOrSet` of a key at once, whose producers read the truth and then wait until `open`. */
  fill(key: string, times: number, options?: GetOrSetOptions): Promise<unknown>;
  open(key: string): Promise<unknown>;
  /** Resolves once a producer of the key has been asked here. */
  asked(key: string): Promise<void>;
  stop(): Promise<void>;
}

const PROGRAM = new URL("values-program.ts", import.meta.url);

export async function valuesProcess(options: ProgramOptions): Promise<ValuesProcess> {
  const child = fork(PROGRAM, [JSON.stringify(options)], { execArgv: [], serialization: "advanced" });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const news = new Set<string>();
  const listeners = new Set<() => void>();
  const over = once(child, "exit");
  let next = 0;

  child.on("message", (message: Answer | News) => {
    if ("news" in message) {
      news.add(message.news === "ready" ? "ready" : `asked ${message.key}`);
      for (const listen of listeners) listen();
      return;
    }
    const { id, value, error } = message;
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  let isOver = false;
  void over.then(() => {
    isOver = true;
    for (const { reject } of waiting.values()) reject(new Error("The process has ended"));
  });

  function order(work: Work): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    next += 1;
    waiting.set(next, answer);
    const message: Order = { id: next, work };
    child.send(message);
    return answer.promise;
  }

  async function heard(what: string): Promise<void> {
    while (!news.has(what)) {
      if (isOver) throw new Error("The process has ended");
      const said = Promise.withResolvers<void>();
      listeners.add(said.resolve);
      await Promise.race([said.promise, over]);
      listeners.delete(said.resolve);
    }
  }

  await heard("ready");
  return {
    call: (member, ...args) => order({ do: "call", member, args }),
    fill: (key, times, how = {}) => order({ do: "fill", key, times, options: how }),
    open: (key) => order({ do: "open", key }),
    asked: (key) => heard(`asked ${key}`),
    async stop() {
      child.kill();
      await over;
    },
  };
}
