import { createApiCache } from "../../browser/index.ts";
import type { ErrorAnswer } from "../api.ts";
import { noProvenance, readProvenance } from "./provenance.ts";
import type { Provenance } from "./provenance.ts";

/** What became of a question. Bodies have the type the caller names: the origin is this page's own. */
export type Reply<T> =
  | { kind: "answer"; body: T }
  | { kind: "refused"; status: number; reason: string; field: string | undefined }
  | { kind: "unreachable" }
  | { kind: "dropped" };

/** One line of the log. */
export interface Asked {
  method: string;
  url: string;
  /** Set where the answer depends on it. */
  language: string | undefined;
  /** Milliseconds until the parsed body was in hand. */
  took: number;
  status: number;
  provenance: Provenance;
}

export interface Client {
  ask<T>(url: string, init?: RequestInit): Promise<Reply<T>>;
  /** Calls back whenever what is known of the URL may have become another, until it is ended. */
  watch(url: string, again: () => void): () => void;
  clear(): Promise<void>;
}

/** The page's one way to the API: everything goes through the browser module and is written to the log. */
export function createClient(onAsked: (asked: Asked) => void): Client {
  const api = createApiCache({
    name: "demo",
    version: "1",
    purges: { feed: "/_tidemark/purges", live: "/_tidemark/live" },
  });

  async function ask<T>(url: string, init: RequestInit = {}): Promise<Reply<T>> {
    const method = init.method ?? "GET";
    const language = new Headers(init.headers).get("Accept-Language") ?? undefined;
    const startedAt = performance.now();
    try {
      const response = await api.fetch(url, init);
      const text = await response.text();
      const reply = readReply<T>(response, text);
      const took = performance.now() - startedAt;
      onAsked({
        method,
        url,
        language,
        took,
        status: response.status,
        provenance: readProvenance(response.headers),
      });
      return reply;
    } catch {
      if (init.signal?.aborted) return { kind: "dropped" };
      const took = performance.now() - startedAt;
      onAsked({ method, url, language, took, status: 0, provenance: noProvenance });
      return { kind: "unreachable" };
    }
  }

  return {
    ask,
    watch: api.onChange,
    async clear() {
      await api.clear();
    },
  };
}

function readReply<T>(response: Response, text: string): Reply<T> {
  if (response.ok) {
    const body: T = JSON.parse(text);
    return { kind: "answer", body };
  }
  const { reason, field } = readError(text);
  return { kind: "refused", status: response.status, reason: reason ?? response.statusText, field };
}

/** Errors may come from anywhere on the way, so their body is not trusted to be ours. */
function readError(text: string): { reason: string | undefined; field: string | undefined } {
  try {
    const answer: Partial<ErrorAnswer> | null = JSON.parse(text);
    return { reason: answer?.error?.reason, field: answer?.error?.field };
  } catch {
    return { reason: undefined, field: undefined };
  }
}

/** One sentence for a question that got no answer. */
export function explain(reply: Exclude<Reply<unknown>, { kind: "answer" | "dropped" }>): string {
  switch (reply.kind) {
    case "refused":
      return `The answer was ${reply.status}: ${reply.reason || "no reason given"}.`;
    case "unreachable":
      return "There is no answer: the network is away and nothing is stored for this.";
  }
}
