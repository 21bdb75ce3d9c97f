import { report } from "../src/index.ts";
import type { ResourceState, SubscribeOptions } from "./api-types.ts";
import type { Core, Extras } from "./core.ts";
import type { CacheableRequest } from "./request.ts";

/** {@link Extras}, called for when they are first wanted. */
export interface LazyExtras extends Pick<Extras, "settle" | "prefetch" | "keepForgotten" | "close"> {
  join(
    asked: CacheableRequest,
    callback: (state: ResourceState) => void,
    options: SubscribeOptions,
  ): () => void;
}

export function lazily(core: Core): LazyExtras {
  let loaded: Extras | undefined;
  let loading: Promise<Extras> | undefined;
  let isClosed = false;

  function load(): Promise<Extras> {
    loading ??= import("./extras.ts").then(
      ({ extras }) => (loaded = extras(core)),
      (error: unknown) => {
        // It may come the next time.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  }

  /** What a subscriber is told before the code is there that keeps it up to date. */
  function firstState({ resource }: CacheableRequest, seen: ReturnType<Core["heldNow"]>): ResourceState {
    const data = core.overlays.over(resource, seen?.value);
    const isFresh = seen?.isStale === false;
    const status = data === undefined ? "pending" : isFresh ? "fresh" : "stale";
    return { data, status, age: seen?.age, error: undefined, isFetching: !isFresh };
  }

  return {
    join(asked, callback, options) {
      if (loaded !== undefined && !isClosed)
        return loaded.join({ asked, callback, options, told: undefined });
      const told = firstState(asked, core.heldNow(asked));
      report(callback, told);
      if (isClosed) return () => undefined;
      let stop = (): void => undefined;
      let isOver = false;
      load().then(
        ({ join }) => {
          if (!isOver && !isClosed) stop = join({ asked, callback, options, told });
        },
        (error: unknown) => {
          if (!isOver) report(callback, { ...told, status: "error", error, isFetching: false });
        },
      );
      return () => {
        isOver = true;
        stop();
      };
    },
    async settle(change) {
      const { settle } = await load().catch((error: unknown) => {
        core.overlays.remove(change.layer);
        throw error;
      });
      return settle(change);
    },
    prefetch: async (inputs, options) => (await load()).prefetch(inputs, options),
    keepForgotten: async (database, pairs) => (await load()).keepForgotten(database, pairs),
    close() {
      isClosed = true;
      loaded?.close();
    },
  };
}
