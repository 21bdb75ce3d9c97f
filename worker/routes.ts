import { cannot, resourceOf, type Consistency, type ResourceOptions } from "../src/index.ts";
import { checkSelection, type SelectionOptions } from "./selection.ts";

/** How requests are keyed, and what their readers may count on after a purge. */
export interface RequestOptions extends ResourceOptions, SelectionOptions {
  /** See {@link Consistency}. @defaultValue "bounded" */
  readonly consistency?: Consistency | undefined;
}

/** The same for some paths, where it differs from the rest. */
export interface RouteOptions extends RequestOptions {
  /**
   * The paths it is for: one path (`/cart`), or with `/*` at its end that one and all below it (`/shop/*`). A `*` as
   * another segment stands for any one segment.
   */
  readonly path: string;
}

/** The options for a URL: those of the first route that its path fits, over the cache's own. */
export type RouteFinder = (url: string) => RequestOptions;

/**
 * Makes the table of routes.
 *
 * @throws {TypeError} if a path does not begin with `/`, or what selects has no name that it can have
 */
export function routeFinder(routes: readonly RouteOptions[], otherwise: RequestOptions): RouteFinder {
  for (const options of [otherwise, ...routes]) checkSelection(options);
  if (routes.length === 0) return () => otherwise;
  const table = routes.map(({ path, ...own }) => ({
    fits: pathMatcher(path),
    options: { ...otherwise, ...own },
  }));
  return (url) => {
    // In the spelling that is keyed: another one of a path must not escape its route.
    const { pathname } = new URL(resourceOf(url));
    return table.find(({ fits }) => fits(pathname))?.options ?? otherwise;
  };
}

function pathMatcher(path: string): (pathname: string) => boolean {
  if (!path.startsWith("/"))
    throw new TypeError(cannot("use a route", "its path must begin with a slash", path));
  if (/[?#]|[^/]\*|\*[^/]/.test(path))
    throw new TypeError(cannot("use a route", "its path has no query, and * is a segment of its own", path));
  const isTree = path.endsWith("/*");
  const { pathname } = new URL(resourceOf(`http://route${isTree ? path.slice(0, -2) : path}`));
  const wanted = (isTree && pathname === "/" ? "" : pathname).split("/");
  return (pathname) => {
    const segments = pathname.split("/");
    const hasLength = isTree ? segments.length >= wanted.length : segments.length === wanted.length;
    return hasLength && wanted.every((segment, index) => segment === "*" || segment === segments[index]);
  };
}
