import { expect, inject } from "vitest";
import type { ApiCacheOptions } from "../../browser/index.ts";
import type { EdgeLog, EdgeOrder } from "./edge-server.ts";
import { unique } from "./support.ts";

/** An edge with its feed and its live purges. */
export interface Edge {
  readonly addresses: { readonly feed: string; readonly live: string };
  readonly options: ApiCacheOptions;
  order(order: EdgeOrder): Promise<EdgeLog>;
  purge(...selectors: (string | undefined)[]): Promise<EdgeLog>;
  log(): Promise<EdgeLog>;
  /** Waits until so many listen. */
  hasListeners(count: number): Promise<void>;
}

export function edge(): Edge {
  const base = `${inject("elsewhere")}/~edge/${unique("edge")}`;
  const order = async (orders: EdgeOrder): Promise<EdgeLog> => {
    const response = await fetch(`${base}/control`, { method: "POST", body: JSON.stringify(orders) });
    return (await response.json()) as EdgeLog; // Our own server's.
  };
  const addresses = { feed: `${base}/purges`, live: `${base}/live` };
  return {
    addresses,
    options: { purges: addresses },
    order,
    purge: (...selectors) => order({ purge: selectors.flatMap((selector) => selector ?? []) }),
    log: () => order({}),
    hasListeners: (count) =>
      expect.poll(async () => (await order({})).listeners, { timeout: 5_000 }).toBe(count),
  };
}
