/** What to leave out of a query, and whether to sort it. Names are compared decoded, with their case. */
export interface QueryOptions {
  /** Only parameters of these names stay. `@defaultValue` all */
  readonly allow?: readonly string[];
  /** Parameters of these names go. `@defaultValue` none */
  readonly deny?: readonly string[];
  /** Sorts parameters by name, so that their order does not make another resource. `@defaultValue` false */
  readonly sort?: boolean;
  /** Parameters go by which advertisers and newsletters recognise visitors, but for those in `allow`. `@defaultValue` false */
  readonly dropTracking?: boolean;
}

/**
 * The query to key and to forward: whoever does both with it cannot be made to key one request and to send another.
 * What stays, stays as it was written: nothing is decoded, encoded or merged. Parameters end at `&` alone: what an
 * origin would read behind a `;` stays or goes with the parameter it stands in. Linear, but for the sorting.
 *
 * Sorting never moves parameters past each other that an origin may take for one name or list (`a`, `A`, `a[]`, `a.b`
 * and `a_b`), and leaves a query alone in which it cannot tell: with a `;` or a broken escape.
 *
 * @param search as `URL.search`: empty, or from the `?` on
 */
export function normaliseQuery(search: string, options: QueryOptions = {}): string {
  const { allow, deny = [], sort = false, dropTracking = false } = options;
  if (search === "") return "";
  const allowed = allow && new Set(allow);
  const denied = new Set(deny);
  const kept = pieces(search)
    .map((piece) => ({ piece, name: decodeFormText(beforeEquals(piece)) }))
    .filter(({ name }) => {
      if (denied.has(name)) return false;
      return allowed === undefined ? !(dropTracking && isTracking(name)) : allowed.has(name);
    });
  if (kept.length === 0) return "";
  const query = kept.map(({ piece }) => piece).join("&");
  if (!sort || DOUBTFUL.test(query)) return `?${query}`;
  const sorted = kept
    .map(({ piece, name }) => ({ piece, name: broadName(name) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
  return `?${sorted.map(({ piece }) => piece).join("&")}`;
}

/**
 * The names and values of a query, as the WHATWG URL standard parses `application/x-www-form-urlencoded`.
 *
 * @param search as `URL.search`: empty, or from the `?` on
 */
export function formPairs(search: string): [name: string, value: string][] {
  return pieces(search)
    .filter((piece) => piece !== "")
    .map((piece) => {
      const name = beforeEquals(piece);
      return [decodeFormText(name), decodeFormText(piece.slice(name.length + 1))];
    });
}

const UTF_8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A name or value without its escapes: `+` is a space; what is not UTF-8 becomes U+FFFD. */
export function decodeFormText(text: string): string {
  return text
    .replaceAll("+", " ")
    .toWellFormed()
    .replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) =>
      UTF_8.decode(Uint8Array.from(escapes.slice(1).split("%"), (hex) => Number.parseInt(hex, 16))),
    );
}

function pieces(search: string): string[] {
  return (search.startsWith("?") ? search.slice(1) : search).split("&");
}

function beforeEquals(piece: string): string {
  const equals = piece.indexOf("=");
  return equals < 0 ? piece : piece.slice(0, equals);
}

/** Some origins divide at `;`, and each has its own idea of a `%` that begins no escape. */
const DOUBTFUL = /;|%(?![\da-f]{2})/i;

/**
 * What the least exact origins make of a name: without case, without indices and what follows a NUL, with one character
 * for several. Parameters that share it keep their order.
 */
function broadName(name: string): string {
  const end = name.search(/[[\0]/);
  return (end < 0 ? name : name.slice(0, end)).trimStart().replaceAll(/[. ]/g, "_").toLowerCase();
}

function isTracking(name: string): boolean {
  return name.startsWith("utm_") || TRACKING.has(name);
}

/** Parameters that advertisers, social networks and newsletters add to links. Pages read them by script, if at all. */
const TRACKING: ReadonlySet<string> = new Set([
  "_ga",
  "_gl",
  "_hsenc",
  "_hsmi",
  "dclid",
  "epik",
  "fbclid",
  "gad_campaignid",
  "gad_source",
  "gbraid",
  "gclid",
  "gclsrc",
  "igshid",
  "li_fat_id",
  "mc_cid",
  "mc_eid",
  "mkt_tok",
  "msclkid",
  "srsltid",
  "ttclid",
  "twclid",
  "vero_id",
  "wbraid",
  "yclid",
]);
