import { withDeadline } from "../deadline.ts";
import { toSeconds, type Duration } from "../duration.ts";
import type { Store } from "../store.ts";
import { aroundCalls } from "./around.ts";

/**
 * A store whose calls reject with `DeadlineError` once they took so long. The call itself goes on unheard: what it writes
 * late is written.
 *
 * @throws {TypeError | RangeError} if the timeout is no duration
 */
export function timed<Body>(store: Store<Body>, timeout: Duration): Store<Body> {
  const limit = toSeconds(timeout, "timeout");
  return aroundCalls(store, (operation, call) =>
    withDeadline(call(), limit, `${operation} of the store ${store.name}`),
  );
}
