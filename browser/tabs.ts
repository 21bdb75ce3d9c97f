/** Tells the other tabs of a user what this one has changed. */
export interface Tabs {
  /** A change to a URL was answered; its token, if it has one, is of the edge's ledger. */
  changed(url: string, token: string | null): void;
  cleared(): void;
  close(): void;
}

export interface TabsOptions {
  /** Tabs of the same name hear each other: one user's cache of one name. */
  readonly name: string;
  readonly onChanged: (url: string, token: string | null) => void;
  readonly onCleared: () => void;
}

/** URLs longer than this come from nobody's request. */
const MAX_URL_LENGTH = 65_536;

/**
 * Opens the channel between tabs. Without `BroadcastChannel` each tab is alone: it learns of changes from the purge feed or
 * when its responses turn stale. Messages name what changed and never carry a body.
 */
export function openTabs({ name, onChanged, onCleared }: TabsOptions): Tabs {
  if (typeof BroadcastChannel === "undefined") {
    return { changed: () => undefined, cleared: () => undefined, close: () => undefined };
  }
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const message = readMessage(data);
    if (message?.kind === "changed") onChanged(message.url, message.token);
    else if (message?.kind === "cleared") onCleared();
  });
  let isOpen = true;
  const post = (message: Message): void => {
    if (isOpen) channel.postMessage(message);
  };
  return {
    changed: (url, token) => post({ kind: "changed", url, token }),
    cleared: () => post({ kind: "cleared" }),
    close() {
      isOpen = false;
      channel.close();
    },
  };
}

type Message =
  | { readonly kind: "changed"; readonly url: string; readonly token: string | null }
  | { readonly kind: "cleared" };

/** Another build of the page, or another script of its origin, may use the channel too. */
function readMessage(data: unknown): Message | undefined {
  if (typeof data !== "object" || data === null || !("kind" in data)) return undefined;
  if (data.kind === "cleared") return { kind: "cleared" };
  if (data.kind !== "changed" || !("url" in data) || !("token" in data)) return undefined;
  const { url, token } = data;
  if (typeof url !== "string" || url.length > MAX_URL_LENGTH || !URL.canParse(url)) return undefined;
  return token === null || typeof token === "string" ? { kind: "changed", url, token } : undefined;
}
