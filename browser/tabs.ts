import type { Instant, Selector } from "../src/index.ts";

/** Tells the other tabs of a user what this one has changed. */
export interface Tabs {
  /** A change to a URL was answered; its token, if it has one, is of the edge's ledger. */
  changed(url: string, token: string | null): void;
  /** The stored response of a URL is a newer one, on disk too. */
  updated(url: string): void;
  cleared(): void;
  /** This browser was told to forget what these selectors cover. */
  forgotten(selectors: readonly Selector[], at: Instant): void;
  /** Something about live purges, in the words that `openLive` has for it. */
  live(text: string): void;
  close(): void;
}

export interface TabsOptions {
  /** Tabs of the same name hear each other: one user's cache of one name. */
  readonly name: string;
  readonly onChanged: (url: string, token: string | null) => void;
  readonly onUpdated: (url: string) => void;
  readonly onCleared: () => void;
  readonly onForgotten: (selectors: readonly Selector[], at: Instant) => void;
  readonly onLive: (text: string) => void;
}

/** URLs longer than this come from nobody's request. */
const MAX_URL_LENGTH = 65_536;

/**
 * Opens the channel between tabs. Without `BroadcastChannel` each tab is alone: it learns of changes from the purge feed or
 * when its responses turn stale. Messages name what changed and never carry a body.
 */
export function openTabs({ name, onChanged, onUpdated, onCleared, onForgotten, onLive }: TabsOptions): Tabs {
  if (typeof BroadcastChannel === "undefined") {
    const nobody = (): void => undefined;
    return {
      changed: nobody,
      updated: nobody,
      cleared: nobody,
      forgotten: nobody,
      live: nobody,
      close: nobody,
    };
  }
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const message = readMessage(data);
    if (message?.kind === "changed") onChanged(message.url, message.token);
    else if (message?.kind === "updated") onUpdated(message.url);
    else if (message?.kind === "cleared") onCleared();
    else if (message?.kind === "forgotten") onForgotten(message.selectors, message.at);
    else if (message?.kind === "live") onLive(message.text);
  });
  let isOpen = true;
  const post = (message: Message): void => {
    if (isOpen) channel.postMessage(message);
  };
  return {
    changed: (url, token) => post({ kind: "changed", url, token }),
    updated: (url) => post({ kind: "updated", url }),
    cleared: () => post({ kind: "cleared" }),
    forgotten: (selectors, at) => post({ kind: "forgotten", selectors, at }),
    live: (text) => post({ kind: "live", text }),
    close() {
      isOpen = false;
      channel.close();
    },
  };
}

type Message =
  | { readonly kind: "changed"; readonly url: string; readonly token: string | null }
  | { readonly kind: "updated"; readonly url: string }
  | { readonly kind: "cleared" }
  | { readonly kind: "forgotten"; readonly selectors: readonly Selector[]; readonly at: Instant }
  | { readonly kind: "live"; readonly text: string };

/** Another build of the page, or another script of its origin, may use the channel too. */
function readMessage(data: unknown): Message | undefined {
  if (typeof data !== "object" || data === null || !("kind" in data)) return undefined;
  if (data.kind === "cleared") return { kind: "cleared" };
  const { kind, url, token, text, selectors, at } = data as Partial<Record<string, unknown>>; // Checked here.
  if (kind === "forgotten" && Array.isArray(selectors) && typeof at === "number" && Number.isFinite(at))
    return { kind, at, selectors: selectors.filter((selector) => typeof selector === "string") };
  if (kind === "live") return typeof text === "string" ? { kind, text } : undefined;
  if (typeof url !== "string" || url.length > MAX_URL_LENGTH || !URL.canParse(url)) return undefined;
  if (kind === "updated") return { kind, url };
  if (kind !== "changed") return undefined;
  return token === null || typeof token === "string" ? { kind, url, token } : undefined;
}
