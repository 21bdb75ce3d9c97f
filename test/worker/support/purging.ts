import { ledgerView, memoryLedger, type Ledger, type LoggedPurge } from "../../../src/index.ts";
import { purgeApi, type PurgeApiOptions } from "../../../worker/purge-api.ts";

export const TOKEN = "correct-horse";
const NOW = Date.parse("2026-11-01T00:00:00Z");

interface Sent {
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** The purge routes over a ledger in memory, as a client of example.com sees them. */
export function purging(options: Partial<PurgeApiOptions> & { readonly bound?: string | number } = {}) {
  const ledger = options.ledger ?? memoryLedger({ epoch: "e" });
  const clock = () => NOW;
  const view =
    options.view ??
    ledgerView({
      ledger,
      clock,
      ...(options.bound !== undefined && { bound: options.bound }),
    });
  const api = purgeApi({ ledger, view, tokens: () => [TOKEN], clock, ...options });
  const fetch = async (path: string, init?: RequestInit) =>
    api.fetch(new Request(`https://example.com${path}`, init));
  const authorization = `Bearer ${TOKEN}`;
  return {
    ledger,
    view,
    fetch,
    get: (path: string) => fetch(path, { headers: { authorization } }),
    /** An object is sent as JSON, a string as it is. */
    send: (body: unknown, { path = "/purge", headers = {} }: Sent = {}) =>
      fetch(path, {
        method: "POST",
        headers: { authorization, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

/** What the ledger has been told to purge, in the order in which it was. */
export async function purgedIn(ledger: Ledger): Promise<string[]> {
  return (await ledger.since(undefined)).changes.map(([selector]) => selector);
}

/** The last purge in the ledger's log. */
export async function lastIn(ledger: Ledger): Promise<LoggedPurge | undefined> {
  return (await ledger.history?.({ limit: 1 }))?.[0];
}
