/** The part of the package that the tests use; it brings no types of its own. */
declare module "http-cache-semantics" {
  type Headers = Readonly<Record<string, string>>;

  export default class CachePolicy {
    constructor(
      request: { readonly method: string; readonly url: string; readonly headers: Headers },
      response: { readonly status: number; readonly headers: Headers },
      options: { readonly shared: boolean },
    );
    storable(): boolean;
    /** Seconds of freshness. */
    maxAge(): number;
    /** Seconds. */
    age(): number;
    satisfiesWithoutRevalidation(request: {
      readonly method: string;
      readonly url: string;
      readonly headers: Headers;
    }): boolean;
  }
}
