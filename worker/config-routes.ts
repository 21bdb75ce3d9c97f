import { isToken, type QueryOptions } from "../src/index.ts";
import type { RouteOptions } from "./routes.ts";

/**
 * Reads the routes that the environment names, such as
 * `[{ "path": "/shop/*", "cookies": ["currency"], "query": { "dropTracking": true } }]`.
 *
 * @param value JSON, or the list itself as wrangler.toml can hold it; nothing = none
 * @throws {TypeError} with one sentence that names the member at fault
 */
export function readRoutes(value: unknown): readonly RouteOptions[] {
  if (value === undefined || value === "") return [];
  const routes = typeof value === "string" ? parsed(value) : value;
  if (!Array.isArray(routes)) throw bad("it must be a list of routes");
  return routes.map((route, index) => readRoute(route, `route ${index + 1}`));
}

const FLAG = { form: "true or false", fits: (value: unknown) => typeof value === "boolean" };
const NAMES = {
  form: "a list of names",
  fits: (value: unknown) => Array.isArray(value) && value.every((name) => typeof name === "string"),
};
const TOKENS = {
  form: "a list of names as fields and cookies have them",
  fits: (value: unknown) =>
    Array.isArray(value) && value.every((name) => typeof name === "string" && isToken(name)),
};

interface Member {
  /** To follow "must be". */
  readonly form: string;
  fits(value: unknown): boolean;
}

const QUERY: Record<keyof QueryOptions, Member> = {
  allow: NAMES,
  deny: NAMES,
  sort: FLAG,
  dropTracking: FLAG,
};

const ROUTE: Record<keyof RouteOptions, Member> = {
  path: {
    form: "a path that begins with /",
    fits: (value) => typeof value === "string" && value.startsWith("/"),
  },
  query: { form: "an object", fits: isRecord },
  escapes: { form: '"normal" or "as-sent"', fits: (value) => value === "normal" || value === "as-sent" },
  consistency: {
    form: "ttl, kv, bounded or linearizable",
    fits: (value) => ["ttl", "kv", "bounded", "linearizable"].some((level) => level === value),
  },
  device: FLAG,
  country: FLAG,
  cookies: TOKENS,
  headers: TOKENS,
};

function readRoute(route: unknown, where: string): RouteOptions {
  if (!isRecord(route)) throw bad(`${where} must be an object`);
  check(route, ROUTE, where);
  if (isRecord(route["query"])) check(route["query"], QUERY, `query of ${where}`);
  if (route["path"] === undefined) throw bad(`${where} has no path`);
  return route as unknown as RouteOptions; // Each of its members has been checked.
}

function check(
  given: Readonly<Record<string, unknown>>,
  members: Record<string, Member>,
  where: string,
): void {
  for (const [name, value] of Object.entries(given)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined)
      throw bad(`${where} has a member that is none: ${JSON.stringify(name.slice(0, 40))}`);
    if (!member.fits(value)) throw bad(`${name} of ${where} must be ${member.form}`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw bad("it must be JSON");
  }
}

function bad(rule: string): TypeError {
  return new TypeError(`Cannot start: ROUTES cannot be used, ${rule}`);
}
