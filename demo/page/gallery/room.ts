import type { OriginReport } from "../../gallery-api.ts";
import { recall, remember } from "./memo.ts";

/** This visitor's own part of the origin: what happens in it, no other visitor sees. All tabs of a browser share it. */
export interface OriginRoom {
  readonly name: string;
  url(thing: string): string;
  /** What the origin says of itself; `undefined` = it cannot be reached. */
  report(): Promise<OriginReport | undefined>;
  /** Changes a thing behind the back of every cache. */
  change(thing: string): Promise<boolean>;
  /** Has the edge purge the thing's tag. */
  purge(thing: string): Promise<boolean>;
  turn(name: "failing" | "broken", isOn: boolean): Promise<boolean>;
  /** `nobody` logs out. */
  logIn(user: string): Promise<boolean>;
}

export function openRoom(): OriginRoom {
  const name = recall("room") ?? crypto.randomUUID();
  remember("room", name);
  const base = `/api/gallery/${name}`;

  /** Plain fetch: what steers the origin is no cache's business. Resolves to whether it was done. */
  async function order(path: string): Promise<boolean> {
    try {
      return (await fetch(`${base}/${path}`, { method: "POST" })).ok;
    } catch {
      return false;
    }
  }

  return {
    name,
    url: (thing) => `${base}/things/${thing}`,
    async report() {
      try {
        const response = await fetch(`${base}/report`, { cache: "no-store" });
        if (!response.ok) return undefined;
        const report: OriginReport = await response.json();
        return report;
      } catch {
        return undefined;
      }
    },
    change: (thing) => order(`changes/${thing}`),
    purge: (thing) => order(`purges/${thing}`),
    turn: (switched, isOn) => order(`switches/${switched}/${isOn ? "on" : "off"}`),
    logIn: (user) => order(`session/${user}`),
  };
}
