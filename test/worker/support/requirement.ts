import { conversation } from "./conversation.ts";
import type { EdgeCacheOptions } from "../../../worker/index.ts";

export type Profile = "safe" | "rfc";
export type Talk = ReturnType<typeof conversation>;

/** A shared cache of a profile, between a client and an origin that the test plays. */
export function talkTo(profile: Profile, options: Partial<EdgeCacheOptions> = {}): Talk {
  return conversation({ ...options, rules: { profile, ...options.rules } });
}

/** Header lines, "Name: value", as they stand in a message. */
export function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

/** An answer of the origin, without a Date but for the one that its lines give. */
export function reply(status: number, body: string, ...lines: string[]): Response {
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : body, { status, headers: headersOf(lines) });
}

/** Sends a request with these lines, reads the answer to its end, and waits until nothing goes on in the background. */
export async function send(
  talk: Talk,
  lines: readonly string[] = [],
  { path = "/a", method = "GET", body = null }: { path?: string; method?: string; body?: string | null } = {},
): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await talk.send(path, { method, headers: headersOf(lines), body });
  const { status, headers } = response;
  const text = new TextDecoder().decode(await response.arrayBuffer());
  await talk.settle();
  return { status, headers, body: text };
}

/** The origin answers a condition that holds with 304, and anything else with a new response. */
export function current(etag: string, ...lines: string[]): (request: Request) => Response {
  return ({ headers }) =>
    headers.has("if-none-match") || headers.has("if-modified-since")
      ? reply(304, "", `ETag: ${etag}`, ...lines)
      : reply(200, "new", `ETag: ${etag}`, ...lines);
}

/** One request, its answer, some time, and a second request. */
export interface Reuse {
  readonly asked?: readonly string[];
  readonly status?: number;
  readonly answered: readonly string[];
  readonly after?: number;
  readonly then?: readonly string[];
}

/**
 * What a shared cache does with the second request: `reused` = the origin was not asked, `validated` = it was asked
 * whether the stored response still holds, `fetched` = it was asked for all of it.
 */
export async function outcome(
  profile: Profile,
  { asked, status = 200, answered, after = 1, then = [] }: Reuse,
): Promise<string> {
  const talk = talkTo(profile);
  talk.says(reply(status, "first", ...answered), ({ headers }) =>
    headers.has("if-none-match") || headers.has("if-modified-since") ? reply(304, "") : reply(200, "second"),
  );
  await send(talk, asked);
  talk.pass(after);
  const second = await send(talk, then);
  const again = talk.seen[1]?.headers;
  if (again === undefined) return second.status === status ? "reused" : `reused as ${second.status}`;
  return again.has("if-none-match") || again.has("if-modified-since") ? "validated" : "fetched";
}
