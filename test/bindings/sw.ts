import { serveFrom } from "../../service-worker/index.ts";

/** The lib gives `self` the type of a plain worker. */
declare const self: ServiceWorkerGlobalScope & typeof globalThis;

// What a script would have at build time, each test says in the query of the script's address.
const { name, feed, live } = Object.fromEntries(new URL(self.location.href).searchParams);
const purges = feed === undefined ? {} : { purges: { feed, ...(live !== undefined && { live }) } };

const api = serveFrom({ match: "/origin/", name: name ?? "api", takeOver: true, ...purges });

self.addEventListener("message", (event) => {
  event.waitUntil(api.clear().then(() => event.source?.postMessage("cleared")));
});
