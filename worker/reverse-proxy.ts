import type { Origin } from "./origin.ts";

/**
 * An origin elsewhere: every request goes to the same path and query under its address, untouched by the runtime
 * (redirects are answers, encoded bodies stay as they are).
 *
 * @param address without a slash at its end, as `readConfig` gives it
 */
export function remoteOrigin(address: string): Origin {
  return async (request) => {
    const { host, protocol, pathname, search } = new URL(request.url);
    // Joined as text: to resolve "//host" or "/\host" against the address would leave the origin.
    const target = `${address}${pathname}${search}`;
    const headers = new Headers(request.headers);
    headers.set("x-forwarded-host", host);
    headers.set("x-forwarded-proto", protocol.slice(0, -1));
    const { method, body, signal } = request;
    return fetch(target, {
      method,
      headers,
      body,
      signal,
      redirect: "manual",
      encodeResponseBody: "manual",
      // The platform's own cache knows nothing of our purges: what it kept would come back with a new mark. A negative
      // time keeps nothing there, and unlike `cache: "no-store"` it adds no field to the request.
      cf: { cacheTtlByStatus: { "100-599": -1 } },
    });
  };
}
