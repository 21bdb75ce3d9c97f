import type { ApiCache, ResourceState, SubscribeOptions } from "../browser/index.ts";

/** What is shown; nothing while it is not known yet. */
export type ResourceInput = string | URL | Request | null | undefined | false;

/** What the bindings need of a cache. */
export type ResourceCache = Pick<ApiCache, "peek" | "subscribe">;

/** One resource as one place of a page sees it. */
export interface Observed<T> {
  /** The same object as long as nothing has changed. Before anybody listens it holds what is in memory. */
  read(): ResourceState<T>;
  /** Calls back at every change from now on. Returns what ends it. */
  observe(listener: () => void): () => void;
}

/** Of a resource that nobody has asked for. */
export const OFF: ResourceState<never> = {
  data: undefined,
  status: "pending",
  age: undefined,
  error: undefined,
  isFetching: false,
};

/** Asks for nothing until somebody listens, so that it may be made while a page renders. */
export function observed<T>(
  api: ResourceCache,
  input: ResourceInput,
  options: SubscribeOptions | undefined,
): Observed<T> {
  let state: ResourceState<T> = input ? { ...OFF, isFetching: true } : OFF;
  let isTold = !input;

  return {
    read() {
      const data = isTold || !input ? undefined : api.peek<T>(input);
      if (data !== undefined && data !== state.data) state = { ...OFF, data, status: "fresh" };
      return state;
    },
    observe(listener) {
      if (!input) return () => undefined;
      let isFirst = true;
      const stop = api.subscribe<T>(
        input,
        (next) => {
          isTold = true;
          if (isSame(state, next)) return;
          state = next;
          if (!isFirst) listener();
        },
        options,
      );
      isFirst = false;
      return stop;
    },
  };
}

/** Whether there is nothing new to show. An age alone is not: it grows by itself. */
function isSame(a: ResourceState<unknown>, b: ResourceState<unknown>): boolean {
  return a.data === b.data && a.status === b.status && a.error === b.error && a.isFetching === b.isFetching;
}
