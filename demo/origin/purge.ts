import type { PurgeOutcome } from "../api.ts";

export type Purge = (tags: readonly string[]) => Promise<PurgeOutcome>;

export interface PurgeOptions {
  edgeUrl: URL;
  token: string | undefined;
  /** Milliseconds until the edge counts as unreachable. @defaultValue 3000 */
  limit?: number;
}

/** Tells the edge that everything under some tags has changed. Never throws, never outlasts its limit. */
export function createPurge({ edgeUrl, token, limit = 3_000 }: PurgeOptions): Purge {
  return async function purge(tags) {
    if (token === undefined)
      return { ok: false, tags, reason: "the purge was not sent: PURGE_TOKEN is not set" };
    try {
      const response = await fetch(new URL("/_tidemark/purge", edgeUrl), {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ tags }),
        // A redirect would carry the edit's purge to who knows where.
        redirect: "error",
        signal: AbortSignal.timeout(limit),
      });
      const answer = parseAnswer(await response.text());
      if (!response.ok) return { ok: false, tags, reason: `the edge answered ${response.status}` };
      if (!answer.success) return { ok: false, tags, reason: "the edge did not confirm the purge" };
      return { ok: true, tags, token: answer.token };
    } catch (error) {
      return { ok: false, tags, reason: reasonOf(error, edgeUrl, limit) };
    }
  };
}

function parseAnswer(text: string): { success: boolean; token: string | null } {
  const answer = field(parseJson(text), "result");
  const token = field(answer, "token");
  return {
    success: field(parseJson(text), "success") === true,
    token: typeof token === "string" ? token : null,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function reasonOf(error: unknown, edgeUrl: URL, limit: number): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `the edge at ${edgeUrl.origin} did not answer within ${limit / 1_000} s`;
  }
  return `the edge at ${edgeUrl.origin} could not be reached`;
}
