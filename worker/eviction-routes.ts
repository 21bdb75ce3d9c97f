import { Hono } from "hono";
import type { Evictions } from "./evictions.ts";
import { failure, jsonAnswer, unreachable } from "./purge-answers.ts";
import type { PurgeDesk } from "./purge-desk.ts";

/**
 * `GET /evictions`: what waits to be deleted and what was given up. `POST /evictions/retry`: gives that another try. For who
 * has the right `log`.
 */
export function evictionRoutes(evictions: Evictions | undefined, desk: Pick<PurgeDesk, "admit">): Hono {
  const routes = new Hono();

  async function tell(request: Request, work: (of: Evictions) => Promise<object>): Promise<Response> {
    const credential = await desk.admit(request, "log");
    if (credential instanceof Response) return credential;
    if (evictions === undefined)
      return failure(501, [
        { field: "evictions", message: "Nothing is deleted here: EVICTION is not bound" },
      ]);
    try {
      return jsonAnswer({ success: true, result: await work(evictions) });
    } catch {
      return unreachable("The deletions are not known at the moment");
    }
  }

  routes.get("/evictions", ({ req }) => tell(req.raw, (of) => of.report()));
  routes.post("/evictions/retry", ({ req }) => tell(req.raw, async (of) => ({ retried: await of.retry() })));
  return routes;
}
