/** Where a Redis is, and who we are to it. */
export interface RedisAddress {
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  /** What is said first on each connection: who we are, and which database we mean. */
  readonly greeting: readonly (readonly string[])[];
}

/**
 * Reads an address such as `rediss://user:password@host:6379/0`; `rediss` means TLS.
 *
 * @throws {TypeError} if it is none; what it says is a secret and never quoted
 */
export function readRedisUrl(url: string): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === "")
    throw new TypeError("Cannot start: REDIS_URL must be an address such as rediss://:password@host:6379");
  const database = parsed.pathname.replace(/^\//, "");
  if (!/^\d{0,5}$/.test(database))
    throw new TypeError("Cannot start: the path of REDIS_URL must be the number of a database");
  const [user, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)];
  return {
    hostname: parsed.hostname,
    port: parsed.port === "" ? 6_379 : Number(parsed.port),
    tls: parsed.protocol === "rediss:",
    greeting: [
      ...(password === "" ? [] : [user === "" ? ["AUTH", password] : ["AUTH", user, password]]),
      ...(database === "" || database === "0" ? [] : [["SELECT", database]]),
    ],
  };
}
