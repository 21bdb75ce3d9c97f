/*
 * Keeps the shell of the pages, so that a reload without a network still shows them. It leaves the API and
 * /_tidemark alone: those belong to the browser module, which knows far more about them.
 */

/** The lib gives `self` the type of a plain worker; this script only ever runs as a service worker. */
declare const self: ServiceWorkerGlobalScope & typeof globalThis;

const cacheName = "tidemark-demo-shell-2";
const shell: ReadonlySet<string> = new Set([
  "/",
  "/app.js",
  "/app.css",
  "/gallery",
  "/gallery.js",
  "/gallery.css",
  "/favicon.svg",
]);

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll([...shell]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOldCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || !shell.has(url.pathname)) return;
  event.respondWith(networkFirst(event, url.pathname));
});

/** The network decides while it is there: a changed page shows at once. A failing server counts as away. */
async function networkFirst(event: FetchEvent, path: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(event.request);
    if (response.ok) event.waitUntil(cache.put(path, response.clone()));
    if (response.status < 500) return response;
    return (await cache.match(path)) ?? response;
  } catch (error) {
    const stored = await cache.match(path);
    if (stored === undefined) throw error;
    return stored;
  }
}

/** Only this page's own: the browser module and others may hold caches on the same origin. */
async function removeOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("tidemark-demo-shell-") && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

export {};
