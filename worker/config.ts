import { readAuthority, toBytes, toSeconds, type ByteSize, type Duration } from "../src/index.ts";
import { readRoutes } from "./config-routes.ts";
import { bad, listOf } from "./config-text.ts";
import { readTiers, type TierConfig, type TierVariables } from "./config-tiers.ts";
import { readCredentials, SHORTEST_TOKEN, type PurgeCredential } from "./purge-credentials.ts";
import type { RouteOptions } from "./routes.ts";

/** What the ready-made proxy is told by its environment: variables of wrangler.toml, and secrets. */
export interface EdgeVariables extends TierVariables {
  /** The origin's address, such as `https://origin.example.com`; a path in it goes before every request's. */
  readonly ORIGIN_URL?: string;
  /** Secret. Bearer tokens with every right, separated by commas. Neither these nor credentials: nobody may purge. */
  readonly PURGE_TOKEN?: string;
  /** Secret. Credentials with limits, as JSON: see `readCredentials`. */
  readonly PURGE_CREDENTIALS?: string;
  /** Pages that may use the purge routes from a browser: origins, separated by commas. @defaultValue none */
  readonly PURGE_CORS?: string;
  /** `safe` or `rfc`. @defaultValue "safe" */
  readonly PROFILE?: string;
  /** Another version never reads this one's entries. @defaultValue "1" */
  readonly CACHE_VERSION?: string;
  /** More hosts of which a purge may speak, separated by commas. @defaultValue only the one it is sent to */
  readonly PUBLIC_HOSTS?: string;
  /** How soon an acknowledged purge is effective. @defaultValue "2s" */
  readonly PURGE_BOUND?: Duration;
  /** How long the origin may take until the header of its answer. @defaultValue "25s" */
  readonly ORIGIN_TIMEOUT?: Duration;
  /** A longer body is sent on, not kept. @defaultValue "8mb" */
  readonly MAX_BODY?: ByteSize;
  /** How requests for some paths are keyed: a list of routes, as JSON or as a list in wrangler.toml. @defaultValue none */
  readonly ROUTES?: unknown;
}

/** The same, checked. */
export interface EdgeConfig extends TierConfig {
  readonly originUrl: string;
  readonly purgeTokens: readonly string[];
  readonly purgeCredentials: readonly PurgeCredential[];
  readonly purgeCors: readonly string[];
  /** What is allowed and better changed, in sentences that quote no secret. */
  readonly warnings: readonly string[];
  readonly profile: "safe" | "rfc";
  readonly version: string;
  readonly publicHosts: readonly string[];
  readonly bound: Duration;
  readonly originTimeout: Duration;
  readonly maxBodyBytes: ByteSize;
  readonly routes: readonly RouteOptions[];
}

/**
 * Reads the configuration.
 *
 * @throws {TypeError | RangeError} with one sentence that names the variable at fault; secrets are never quoted
 */
export function readConfig(variables: EdgeVariables): EdgeConfig {
  const {
    PURGE_TOKEN = "",
    PURGE_CREDENTIALS = "",
    PURGE_CORS = "",
    PROFILE = "safe",
    CACHE_VERSION = "1",
    PUBLIC_HOSTS = "",
  } = variables;
  const { PURGE_BOUND = "2s", ORIGIN_TIMEOUT = "25s", MAX_BODY = "8mb" } = variables;
  if (PROFILE !== "safe" && PROFILE !== "rfc") throw bad("PROFILE", 'it must be "safe" or "rfc"', PROFILE);
  const tiers = readTiers(variables);
  if (!/^[\w.-]{1,64}$/.test(CACHE_VERSION))
    throw bad("CACHE_VERSION", "it must be 1 to 64 letters, digits, dots or dashes", CACHE_VERSION);
  toSeconds(PURGE_BOUND, "PURGE_BOUND");
  toSeconds(ORIGIN_TIMEOUT, "ORIGIN_TIMEOUT");
  toBytes(MAX_BODY, "MAX_BODY");
  const publicHosts = listOf(PUBLIC_HOSTS);
  if (!publicHosts.every((host) => readAuthority(host)))
    throw bad("PUBLIC_HOSTS", "it must list hosts between commas", PUBLIC_HOSTS);
  const purgeCors = listOf(PURGE_CORS);
  if (!purgeCors.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin))
    throw bad(
      "PURGE_CORS",
      "it must list origins such as https://admin.example.com between commas",
      PURGE_CORS,
    );
  const purgeTokens = readTokens(PURGE_TOKEN);
  const purgeCredentials = readCredentials(PURGE_CREDENTIALS, "PURGE_CREDENTIALS");
  const shared = purgeCredentials.findIndex(({ token }) => purgeTokens.includes(token));
  if (shared >= 0)
    throw new TypeError(`Cannot start: PURGE_CREDENTIALS[${shared}].token must not stand in PURGE_TOKEN too`);
  return {
    originUrl: readOrigin(variables.ORIGIN_URL),
    purgeTokens,
    purgeCredentials,
    purgeCors,
    warnings: purgeTokens.some((token) => token.length < SHORTEST_TOKEN)
      ? [`PURGE_TOKEN has a token of less than ${SHORTEST_TOKEN} characters: it may be guessed`]
      : [],
    profile: PROFILE,
    ...tiers,
    version: CACHE_VERSION,
    publicHosts,
    bound: PURGE_BOUND,
    originTimeout: ORIGIN_TIMEOUT,
    maxBodyBytes: MAX_BODY,
    routes: readRoutes(variables.ROUTES),
  };
}

function readOrigin(value: string | undefined): string {
  if (value === undefined || value === "")
    throw new TypeError("Cannot start: ORIGIN_URL is not set; it must be the origin's address");
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const sound =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "";
  if (!sound)
    throw new TypeError(
      "Cannot start: ORIGIN_URL must be an http or https address without query, fragment and user",
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function readTokens(value: string): readonly string[] {
  const tokens = listOf(value);
  if (!tokens.every((token) => /^[\x21-\x7e]+$/.test(token)))
    throw new TypeError(
      "Cannot start: PURGE_TOKEN must list words of visible ASCII characters between commas",
    );
  return tokens;
}
