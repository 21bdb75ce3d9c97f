/**
 * Which requests: a path such as "/api/" with all that is below it, at the worker's own origin or, as a whole address, at
 * another one; a pattern for whole addresses; or a function.
 */
export type Match = string | RegExp | ((url: URL, request: Request) => boolean);

/**
 * Whether a request is among those.
 *
 * @param base what paths belong to
 * @throws {TypeError} if it is no such thing
 */
export function matcher(
  match: Match | readonly Match[],
  base: string,
): (url: URL, request: Request) => boolean {
  const tests = [match].flat().map((one) => test(one, base));
  return (url, request) => tests.some((isOurs) => isOurs(url, request));
}

function test(match: unknown, base: string): (url: URL, request: Request) => boolean {
  if (typeof match === "function") return (url, request) => Boolean(match(url, request));
  // `search`, unlike `test`, does not go on from where it last was.
  if (match instanceof RegExp) return ({ href }) => href.search(match) >= 0;
  if (typeof match !== "string" || !URL.canParse(match, base))
    throw new TypeError(
      `Cannot read match: it must be a path, an address, a regular expression or a function, got ${String(match)}`,
    );
  const { origin, pathname } = new URL(match, base);
  const below = pathname.endsWith("/") ? pathname : `${pathname}/`;
  return (url) => url.origin === origin && (url.pathname === pathname || url.pathname.startsWith(below));
}
