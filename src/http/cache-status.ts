import type { Seconds } from "../clock.ts";
import type { ForwardReason } from "./decide-request.ts";

/** What a cache did with a request, as RFC 9211 tells it. */
export type CacheStatus =
  | { readonly hit: true; readonly ttl: Seconds; readonly detail?: string }
  | {
      readonly hit: false;
      readonly fwd: ForwardReason;
      /** The origin's status, where the client got another. */
      readonly fwdStatus?: number;
      readonly ttl?: Seconds;
      readonly stored?: boolean;
      readonly collapsed?: boolean;
      readonly detail?: string;
    };

/**
 * A Cache-Status value: what earlier caches said, with this cache's member behind it (RFC 9211, 2).
 *
 * @param before the field as it came from the origin's side; kept as it is
 * @param cache this cache's name, a token
 */
export function appendCacheStatus(before: string | null, cache: string, status: CacheStatus): string {
  const said = status.hit
    ? ";hit"
    : `;fwd=${status.fwd}` +
      parameter("fwd-status", status.fwdStatus) +
      parameter("stored", status.stored) +
      parameter("collapsed", status.collapsed);
  const { ttl, detail } = status;
  const member = cache + said + parameter("ttl", ttl && Math.floor(ttl)) + parameter("detail", detail);
  return before ? `${before}, ${member}` : member;
}

/** A parameter as RFC 9651, 4.1.1.2 writes it: `true` by its name alone; nothing where there is no value. */
function parameter(name: string, value: boolean | number | string | undefined): string {
  if (value === undefined) return "";
  if (value === true) return `;${name}`;
  return `;${name}=${value === false ? "?0" : typeof value === "number" ? value : text(value)}`;
}

/** RFC 9651, 3.3.4: what can be written without quotes. */
const TOKEN = /^[a-z*][\w:/!#$%&'*+.^`|~-]*$/i;

/** A token where it can be one, else a string; what a string cannot hold becomes "?" (RFC 9651, 3.3.3). */
function text(detail: string): string {
  if (TOKEN.test(detail)) return detail;
  return `"${detail.replaceAll(/[^ -~]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`;
}
