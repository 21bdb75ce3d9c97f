import type { Fields } from "../src/index.ts";

/** A power of two, so that to take the next one costs next to nothing. */
const COUNT = 256;

/** Hands out its values in turn, for ever. No two operations in a row see the same, so that none lives by its memory. */
export function inTurn<T>(make: (index: number) => T): () => T {
  const values = Array.from({ length: COUNT }, (_, index) => make(index));
  let next = 0;
  return () => {
    next = (next + 1) & (COUNT - 1);
    return values[next] as T; // The index is one of the array's.
  };
}

/** The Cache-Control of a page that lives for minutes. */
export function cacheControl(index: number): string {
  return fresh(`public, max-age=${600 + index}, stale-while-revalidate=${60 + index}`);
}

/** The header of an API's response, as its origin sends it; each with its own values. */
export function responseFields(index: number, now: number): Fields {
  const date = (ago: number): string => new Date(now - ago * 1_000).toUTCString();
  const fields: Fields = [
    ["content-type", "application/json; charset=utf-8"],
    ["content-length", String(1_000 + index)],
    ["date", date(5 + (index % 60))],
    ["cache-control", cacheControl(index)],
    ["etag", `"${(index * 7_919).toString(16)}-5f3a"`],
    ["last-modified", date(86_400 + 60 * index)],
    ["vary", "accept-encoding"],
    ["age", String(index % 90)],
    ["cache-tag", `country:${index},countries`],
    ["server", "origin/1.0"],
    ["x-request-id", `7d3c-${index}`],
    ["strict-transport-security", "max-age=63072000"],
  ];
  return fields.map(([name, value]) => [name, fresh(value)] as const);
}

/** The header of a request, as an edge passes it on. */
export const REQUEST_FIELDS: Fields = [
  ["host", "api.example.com"],
  ["accept", "application/json"],
  ["accept-encoding", fresh("gzip, br")],
  ["user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"],
];

/** A copy such as a parser of messages makes: text that the engine has not seen before, in one piece. */
function fresh(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
