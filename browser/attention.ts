import { toSeconds, type Seconds } from "../src/index.ts";
import type { SubscribeOptions } from "./api-types.ts";

/** Tells when a page is looked at again, when its network is back, and when it is time to ask. */
export interface Attention {
  /** Returns what ends it. */
  watch(key: string, wishes: SubscribeOptions): () => void;
  close(): void;
}

/** Many pages come back at once, after an outage above all: each waits for up to so long. */
const FOCUS_JITTER_MS = 300;
const ONLINE_JITTER_MS = 2_000;
/** A timer that is to take longer goes off at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * @param refresh asks for a resource anew if it is stale, or older than the given age
 */
export function attention(refresh: (key: string, maxAge?: Seconds) => void): Attention {
  const watching = new Set<{ readonly key: string; readonly wishes: SubscribeOptions }>();
  const due = new Map<string, ReturnType<typeof setTimeout>>();
  let listening: AbortController | undefined;

  function later(wish: "focus" | "online", jitterMs: number): void {
    for (const { key, wishes } of watching) {
      if (wishes[wish] === false || due.has(key)) continue;
      const go = (): void => {
        due.delete(key);
        refresh(key);
      };
      due.set(key, setTimeout(go, Math.random() * jitterMs));
    }
  }

  function listen(): void {
    listening = new AbortController();
    const { signal } = listening;
    const onFocus = (): void => {
      if (isVisible()) later("focus", FOCUS_JITTER_MS);
    };
    globalThis.addEventListener("focus", onFocus, { signal });
    globalThis.document?.addEventListener("visibilitychange", onFocus, { signal });
    globalThis.addEventListener("online", () => later("online", ONLINE_JITTER_MS), { signal });
  }

  function close(): void {
    listening?.abort();
    listening = undefined;
    for (const timer of due.values()) clearTimeout(timer);
    due.clear();
  }

  return {
    watch(key, wishes) {
      const own = { key, wishes };
      watching.add(own);
      if (listening === undefined) listen();
      const seconds = wishes.interval === undefined ? 0 : toSeconds(wishes.interval, "interval");
      const timer =
        seconds === 0
          ? undefined
          : // Somebody may have asked just now: half of the time is soon enough to ask again.
            setInterval(
              () => isVisible() && refresh(key, seconds / 2),
              Math.min(seconds * 1_000, LONGEST_TIMER_MS),
            );
      return () => {
        clearInterval(timer);
        watching.delete(own);
        if (watching.size === 0) close();
      };
    },
    close,
  };
}

function isVisible(): boolean {
  return globalThis.document?.visibilityState !== "hidden";
}
