import { formatHttpDate } from "../../../src/http/date.ts";
import { START } from "../../support/messages.ts";
import { theirs, type Case, type Opinion } from "./opinions.ts";

export const date = (seconds: number): string => formatHttpDate(START + seconds * 1_000);
const control = ({ fields }: Case): string => fields["cache-control"] ?? "";
const says = (found: Case, directive: string): boolean => control(found).split(", ").includes(directive);
const speaksOf = (found: Case, name: string): boolean => control(found).includes(name);
const isUseless = ({ lifetime, age }: Opinion): boolean => lifetime <= age;
const base: Case = { shared: true, status: 200, fields: {}, authorised: false, after: 1 };
const having = (fields: Record<string, string>, more: Partial<Case> = {}): Case => ({
  ...base,
  fields,
  ...more,
});
const cc = (value: string, more: Partial<Case> = {}): Case => having({ "cache-control": value }, more);

/** Where the two differ, and who is right: the section, when it applies, an example, and what we say of that. */
type Exception = readonly [
  section: string,
  sentence: string,
  applies: (found: Case) => boolean,
  example: Case,
  right: Partial<Opinion>,
];

/** The statuses that http-cache-semantics knows. */
export const STATUSES = [200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501];
export const exceptions: Exception[] = [
  [
    "RFC 9111, 3",
    "any final status with explicit freshness may be stored",
    ({ status }) => !STATUSES.includes(status),
    cc("max-age=9", { status: 299 }),
    { stores: true },
  ],
  [
    "RFC 9111, 3",
    "what nothing could ever reuse need not be",
    (found) =>
      isUseless(theirs({ ...found, after: 0 })) &&
      !("etag" in found.fields || "last-modified" in found.fields),
    base,
    { stores: false },
  ],
  [
    "RFC 9111, 3",
    "private makes a response of any status storable, in a private cache",
    (found) => !found.shared && says(found, "private") && [302, 303, 307].includes(found.status),
    having({ "cache-control": "private", etag: '"1"' }, { shared: false, status: 307 }),
    { stores: true },
  ],
  [
    "RFC 9111, 5.2.2.3",
    "must-understand with a status that is understood overrides no-store",
    (found) => speaksOf(found, "must-understand"),
    cc("must-understand, no-store, max-age=9"),
    { stores: true, reuses: true },
  ],
  [
    "RFC 9111, 5.2.2.7",
    "private with a field's name speaks of that field alone",
    (found) => speaksOf(found, "private="),
    cc('private="x", max-age=9'),
    { stores: true, reuses: true },
  ],
  [
    "RFC 9111, 5.2.2.4",
    "no-cache with a field's name speaks of that field alone",
    (found) => speaksOf(found, "no-cache="),
    cc('no-cache="x", max-age=9'),
    { lifetime: 9, reuses: true },
  ],
  [
    "RFC 9111, 5.2.2.4",
    "no-cache leaves the lifetime alone: it asks for validation",
    (found) => says(found, "no-cache"),
    having({ "cache-control": "no-cache, max-age=9", etag: '"1"' }),
    { lifetime: 9, reuses: false },
  ],
  [
    "RFC 9111, 5.2.2.2",
    "must-revalidate counts once the response is stale, not before",
    (found) => says(found, "must-revalidate"),
    cc("must-revalidate, max-age=9"),
    { reuses: true },
  ],
  [
    "RFC 9111, 5.2.2.8",
    "proxy-revalidate counts once the response is stale, not before",
    (found) => found.shared && says(found, "proxy-revalidate"),
    cc("proxy-revalidate, max-age=9"),
    { lifetime: 9, reuses: true },
  ],
  [
    "RFC 9111, 5.2",
    "the names of directives have no case",
    (found) => control(found) !== control(found).toLowerCase(),
    cc("MAX-AGE=9"),
    { lifetime: 9, reuses: true },
  ],
  [
    "RFC 9111, 4.2.1",
    "of two values of a directive the more restrictive counts",
    (found) => /max-age=\d+, (.*, )?max-age=/.test(control(found)),
    cc("max-age=5, max-age=9"),
    { lifetime: 5 },
  ],
  [
    "RFC 9111, 1.2.2",
    "a value that is no whole number makes the response stale",
    (found) => /max-age=[^,]*[^\d,]/.test(control(found)),
    cc("max-age=9.5, public"),
    { lifetime: 0, reuses: false },
  ],
  [
    "RFC 9111, 1.2.2",
    "seconds end at 2^31",
    (found) => /\d{10}/.test(control(found)),
    cc("max-age=9999999999"),
    { lifetime: 2_147_483_648 },
  ],
  [
    "RFC 9111, 4.2.3",
    "a Date that lies before the receipt makes the response older",
    ({ fields }) => Date.parse(fields["date"] ?? "") < START,
    having({ "cache-control": "max-age=9", date: date(-5) }),
    { age: 6 },
  ],
  [
    "RFC 9111, 5.1",
    "an Age that is no whole number counts as none",
    ({ fields }) => !/^\d*$/.test(fields["age"] ?? ""),
    having({ "cache-control": "max-age=9", age: "-5" }),
    { age: 1 },
  ],
  [
    "RFC 9111, 5.3",
    "an Expires in another form than HTTP-date is past",
    ({ fields }) => /[A-FH-Z]{3}$/.test(fields["expires"] ?? ""),
    having({ expires: date(9).replace("GMT", "EST"), etag: '"1"' }),
    { lifetime: 0 },
  ],
  [
    "RFC 9111, 5.3",
    "an empty Expires is past too, and no reason to guess",
    ({ fields }) => fields["expires"] === "",
    having({ expires: "", "last-modified": date(-900) }),
    { lifetime: 0 },
  ],
  [
    "RFC 8246, 2",
    "immutable lengthens no freshness",
    (found) => says(found, "immutable") && !speaksOf(found, found.shared ? "s-maxage" : "max-age"),
    having({ "cache-control": "immutable", etag: '"1"' }),
    { lifetime: 0, reuses: false },
  ],
  [
    "RFC 9111, 5.4",
    "Pragma means nothing in a response",
    ({ fields }) => "pragma" in fields,
    having({ pragma: "no-cache", expires: date(9) }),
    { lifetime: 9, reuses: true },
  ],
  [
    "RFC 9111, 7.3",
    "Set-Cookie changes nothing by the letter",
    ({ fields }) => "set-cookie" in fields,
    having({ "cache-control": "max-age=9", "set-cookie": "a=1" }),
    { lifetime: 9, reuses: true },
  ],
  [
    "RFC 5861, 3",
    "the last second of a stale window belongs to it",
    (found) => speaksOf(found, "stale-while-revalidate"),
    cc("max-age=9, stale-while-revalidate=9", { after: 18 }),
    { reuses: true },
  ],
];
