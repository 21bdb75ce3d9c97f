import { cannot, isToken, type FieldReader, type Fields, type Nominated } from "../src/index.ts";

/** What selects a response besides what its own Vary names. */
export interface SelectionOptions {
  /** The class of device (`desktop`, `mobile`, `tablet`); the origin is told in `Tidemark-Device`. @defaultValue false */
  readonly device?: boolean | undefined;
  /** The client's country as the platform knows it, `XX` where it does not; told in `Tidemark-Country`. @defaultValue false */
  readonly country?: boolean | undefined;
  /** These cookies and no others: fills carry them alone, with whatever else the client has left out. @defaultValue none */
  readonly cookies?: readonly string[] | undefined;
  /** Further request fields. @defaultValue none */
  readonly headers?: readonly string[] | undefined;
}

/** What of one request selects a response, where that is not simply what the client sent. */
export interface Selection {
  /** Fields that take the place of the client's, both keyed and sent with fills; `null` = left out. */
  readonly fields: ReadonlyMap<string, string | null>;
  /** Those of them that the edge has worked out itself: they go along with every request. */
  readonly derived: Fields;
  /** Names of fields that responses depend on whatever their Vary says, in lower case. */
  readonly names: readonly string[];
}

export const DEVICE_FIELD = "tidemark-device";
export const COUNTRY_FIELD = "tidemark-country";

/** Who asks: the client's fields, and what the platform says of it. */
export interface Asking {
  readonly headers: FieldReader;
  readonly cf?: object | undefined;
}

const AS_SENT: Selection = { fields: new Map(), derived: [], names: [] };

/**
 * Checks the names in the options, once.
 *
 * @throws {TypeError} if one cannot be that of a field or a cookie
 */
export function checkSelection({ cookies = [], headers = [] }: SelectionOptions): void {
  for (const name of [...cookies, ...headers])
    if (!isToken(name)) throw new TypeError(cannot("select by a name", "it must be a token", name));
}

/** Whether anything selects besides what Vary names. */
export function isSelective({ device, country, cookies, headers }: SelectionOptions): boolean {
  return device === true || country === true || cookies !== undefined || headers !== undefined;
}

/** What of a request selects its response. */
export function selectionOf(request: Asking, options: SelectionOptions): Selection {
  const { device, country, cookies, headers } = options;
  if (!isSelective(options)) return AS_SENT;
  const derived: [string, string][] = [];
  if (device) derived.push([DEVICE_FIELD, deviceOf(request.headers)]);
  if (country) derived.push([COUNTRY_FIELD, countryOf(request)]);
  const fields = new Map<string, string | null>(derived);
  if (cookies !== undefined) fields.set("cookie", onlyCookies(request.headers.get("cookie"), cookies));
  const names = [...fields.keys(), ...(headers ?? []).map((name) => name.toLowerCase())];
  return { fields, derived, names };
}

/** The selection of whoever a stored response was for: a refresh is nobody else's request (RFC 9111, 4.3.1). */
export function selectionFor(nominated: Nominated, { names }: Selection): Selection {
  const own = nominated.filter(([name]) => names.includes(name));
  return { fields: new Map(own), derived: [], names };
}

/** The client's fields with the selection's in their place. */
export function selectingReader(headers: FieldReader, { fields }: Selection): FieldReader {
  if (fields.size === 0) return headers;
  return {
    get(name) {
      const own = fields.get(name.toLowerCase());
      return own === undefined ? headers.get(name) : own;
    },
  };
}

/** A request's fields with the selection's in their place. */
export function withSelection(lines: Fields, { fields }: Selection): Fields {
  if (fields.size === 0) return lines;
  const own = [...fields].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return [...lines.filter(([name]) => !fields.has(name)), ...own];
}

/** A request that goes on as it came, but with what the edge knows in place of what the client says of it. */
export function withDerived(request: Request, { derived }: Selection): Request {
  const isSpoofed = [DEVICE_FIELD, COUNTRY_FIELD].some((name) => request.headers.has(name));
  if (!isSpoofed && derived.length === 0) return request;
  const headers = new Headers(request.headers);
  for (const name of [DEVICE_FIELD, COUNTRY_FIELD]) headers.delete(name);
  for (const [name, value] of derived) headers.set(name, value);
  return new Request(request, { headers });
}

/**
 * A response's fields with what it was selected by in its Vary, for this cache as for those behind it. A 304 that names no
 * Vary leaves the stored one as it is (RFC 9111, 3.2).
 */
export function withVary(status: number, lines: Fields, { names }: Selection): Fields {
  if (names.length === 0 || (status === 304 && !lines.some(([name]) => name === "vary"))) return lines;
  return [...lines, ["vary", names.join(", ")]];
}

const LONGEST_AGENT = 512;

/** What the client says of itself; a client that says nothing is a desktop. */
function deviceOf(headers: FieldReader): string {
  if (headers.get("sec-ch-ua-mobile") === "?1") return "mobile";
  const agent = (headers.get("user-agent") ?? "").slice(0, LONGEST_AGENT).toLowerCase();
  const isMobile = /mobi|iphone|ipod|opera mini|blackberry/.test(agent);
  if (/ipad|tablet|kindle|silk|playbook/.test(agent) || (agent.includes("android") && !isMobile))
    return "tablet";
  return isMobile ? "mobile" : "desktop";
}

function countryOf({ cf }: Asking): string {
  const country: unknown = cf !== undefined && "country" in cf ? cf.country : undefined;
  return typeof country === "string" && /^[A-Z\d]{2}$/.test(country) ? country : "XX";
}

/** The named cookies, by name; several of one name keep their order, which says which of them counts (RFC 6265, 5.4). */
function onlyCookies(cookie: string | null, names: readonly string[]): string | null {
  if (cookie === null) return null;
  const pairs = cookie.split(";").map((pair) => pair.trim());
  const kept = [...new Set(names)]
    .toSorted()
    .flatMap((name) => pairs.filter((pair) => pair.startsWith(`${name}=`)));
  return kept.length === 0 ? null : kept.join("; ");
}
