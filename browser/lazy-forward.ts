import { report } from "../src/index.ts";
import type { Forwarder, ForwarderTools } from "./forward.ts";
import type { CacheableRequest } from "./request.ts";

/**
 * A forwarder whose code comes by itself, beside the page's own, as answers from memory or disk do without it. It is
 * called for at once, and again after a failure; requests that need it wait. Where it does not come the network alone
 * answers them.
 */
export function lazyForwarder(tools: ForwarderTools): Forwarder {
  const { network, onEvent, later } = tools;
  let loaded: Forwarder | undefined;
  let loading: Promise<Forwarder> | undefined;

  function load(): Promise<Forwarder> {
    loading ??= import("./forward.ts").then(
      ({ forwarder }) => (loaded = forwarder(tools)),
      (error: unknown) => {
        loading = undefined;
        report(onEvent, { type: "code-error", error });
        throw error;
      },
    );
    return loading;
  }

  async function once(
    { request }: CacheableRequest,
    work: (forwarder: Forwarder) => Promise<Response>,
  ): Promise<Response> {
    const forwarder = loaded ?? (await load().catch(() => undefined));
    return forwarder === undefined ? network(request) : work(forwarder);
  }

  later(load());

  return {
    forward: (forwarding) => once(forwarding.asked, (forwarder) => forwarder.forward(forwarding)),
    bypass: (asked) => once(asked, (forwarder) => forwarder.bypass(asked)),
    refreshLater(...refresh) {
      if (loaded !== undefined) loaded.refreshLater(...refresh);
      else later(load().then((forwarder) => forwarder.refreshLater(...refresh)));
    },
  };
}
