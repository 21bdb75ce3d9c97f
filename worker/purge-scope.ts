import { prefixSelector, readAuthority, type PurgeMode } from "../src/index.ts";
import type { PurgeCredential } from "./purge-credentials.ts";
import { wrong, type Named, type PurgeProblem } from "./purge-items.ts";

/** What of a request a credential may not purge; `undefined` = all of it may be purged. */
export function beyondScope(
  credential: PurgeCredential,
  named: readonly Named[],
  mode: PurgeMode,
): PurgeProblem | undefined {
  const { name, may, modes, tags } = credential;
  const who = `the credential ${name}`;
  if (modes !== undefined && !modes.includes(mode))
    return { field: "authorization", message: `${who} may not order ${mode} purges` };
  const places = placesOf(credential);
  for (const { kind, at, selectors, place } of named) {
    if (!may.includes(kind)) return wrong(at, `is not for ${who}, which may not purge ${kind}`);
    const isInPlace = place === undefined || places === undefined || isWithin(place, places);
    const isTagged =
      kind !== "tags" ||
      tags === undefined ||
      tags.some((each) => selectors.every((selector) => selector.startsWith(`tag:${each}`)));
    if (!isInPlace || !isTagged) return wrong(at, `lies outside of what ${who} may purge`);
  }
  return undefined;
}

/** Whether a credential may be told what is kept of a URL: all of it, or what lies in its hosts and paths. */
export function isInReach(credential: PurgeCredential, url: string): boolean {
  const places = placesOf(credential);
  if (places === undefined) return true;
  const { host, pathname } = new URL(url);
  const place = prefixSelector(host + pathname)?.slice("prefix:".length);
  return place !== undefined && isWithin(place, places);
}

/** Whether a credential is for a part of what there is. The log tells of all of it. */
export function isLimited({ hosts, prefixes, tags }: PurgeCredential): boolean {
  return (hosts ?? prefixes ?? tags) !== undefined;
}

/** The hosts and paths to which a credential is limited, in the spelling of places. */
function placesOf({ hosts, prefixes }: PurgeCredential): readonly string[] | undefined {
  if (hosts === undefined && prefixes === undefined) return undefined;
  const paths = (prefixes ?? []).flatMap((prefix) => prefixSelector(prefix)?.slice("prefix:".length) ?? []);
  return [...(hosts ?? []).flatMap((host) => readAuthority(host) ?? []), ...paths];
}

/** By whole segments, as prefixes are. */
function isWithin(place: string, places: readonly string[]): boolean {
  return places.some((each) => place === each || place.startsWith(`${each}/`));
}
