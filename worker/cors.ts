import type { Hono } from "hono";
import { cors } from "hono/cors";
import { cannot, TOKEN_FIELD } from "../src/index.ts";
import { REPLAY_FIELD } from "./purge-answers.ts";

/** Pages of other origins that may use routes from a browser. */
export interface AllowedPages {
  /** Such as `https://admin.example.com`. */
  readonly origins: readonly string[];
}

/** For so long a browser need not ask again whether it may. */
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins alone use these routes, by name. The credential is a bearer token, so cookies are never
 * allowed.
 *
 * @throws {TypeError} if one is no origin
 */
export function allowPages(routes: Hono, paths: readonly string[], pages: AllowedPages | undefined): void {
  if (pages === undefined) return;
  const { origins } = pages;
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(
        cannot("read cors.origins", "each must be an origin such as https://a.example", origin),
      );
  }
  const allowing = cors({
    origin: [...origins],
    allowMethods: ["GET", "POST"],
    allowHeaders: ["authorization", "content-type", "idempotency-key"],
    exposeHeaders: [TOKEN_FIELD, REPLAY_FIELD, "retry-after"],
    maxAge: PREFLIGHT_SECONDS,
  });
  // By path: a middleware of all routes would, mounted at the root, reach the routes of others.
  for (const path of paths) routes.use(path, allowing);
}
