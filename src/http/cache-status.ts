import { serializeItem, Token, type BareItem } from "structured-headers";
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
  const member = serializeItem([new Token(cache), new Map(parameters(status))]);
  return before === null || before === "" ? member : `${before}, ${member}`;
}

function parameters(status: CacheStatus): [string, BareItem][] {
  const list: [string, BareItem][] = [];
  if (status.hit) {
    list.push(["hit", true]);
  } else {
    list.push(["fwd", new Token(status.fwd)]);
    if (status.fwdStatus !== undefined) list.push(["fwd-status", status.fwdStatus]);
    if (status.stored !== undefined) list.push(["stored", status.stored]);
    if (status.collapsed !== undefined) list.push(["collapsed", status.collapsed]);
  }
  if (status.ttl !== undefined) list.push(["ttl", Math.floor(status.ttl)]);
  if (status.detail !== undefined) list.push(["detail", text(status.detail)]);
  return list;
}

/** RFC 9651, 3.3.4: what can be written without quotes. */
const TOKEN = /^[a-z*][\w:/!#$%&'*+.^`|~-]*$/i;

/** A token where it can be one, else a string; what a string cannot hold becomes "?" (RFC 9651, 3.3.3). */
function text(detail: string): BareItem {
  return TOKEN.test(detail) ? new Token(detail) : detail.replaceAll(/[^ -~]/g, "?");
}
