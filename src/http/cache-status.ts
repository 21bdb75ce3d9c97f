import type { Seconds } from "../clock.ts";
import type { ForwardReason } from "./decision.ts";

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
  const member = cache + parameters(status);
  return before === null || before === "" ? member : `${before}, ${member}`;
}

/** As RFC 9651, 4.1.1.2 writes parameters: of a boolean that is true the name alone. */
function parameters(status: CacheStatus): string {
  let written = status.hit ? ";hit" : `;fwd=${status.fwd}`;
  if (!status.hit) {
    if (status.fwdStatus !== undefined) written += `;fwd-status=${status.fwdStatus}`;
    if (status.stored !== undefined) written += status.stored ? ";stored" : ";stored=?0";
    if (status.collapsed !== undefined) written += status.collapsed ? ";collapsed" : ";collapsed=?0";
  }
  if (status.ttl !== undefined) written += `;ttl=${Math.floor(status.ttl)}`;
  return status.detail === undefined ? written : `${written};detail=${text(status.detail)}`;
}

/** RFC 9651, 3.3.4: what can be written without quotes. */
const TOKEN = /^[a-z*][\w:/!#$%&'*+.^`|~-]*$/i;

/** A token where it can be one, else a string; what a string cannot hold becomes "?" (RFC 9651, 3.3.3). */
function text(detail: string): string {
  if (TOKEN.test(detail)) return detail;
  return `"${detail.replaceAll(/[^ -~]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`;
}
