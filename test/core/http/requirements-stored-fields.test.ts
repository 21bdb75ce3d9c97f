import { describe, expect, test } from "vitest";
import { fieldReader, receivedFields } from "../../../src/http/fields.ts";
import {
  fieldsOf,
  PRIVATE,
  response,
  SHARED,
  SHARED_RFC,
  START,
  storedFrom,
} from "../../support/messages.ts";

/** In the shared cache of the safe profile, in that of the RFC's letter, in the private one. */
type Outcomes = readonly [safe: string, rfc: string, own: string];
const all = (outcome: string): Outcomes => [outcome, outcome, outcome];
const cc = (value: string): string => `Cache-Control: ${value}`;

describe("RFC 9111, 3.1: what is stored of the fields", () => {
  const received = (...lines: string[]) => {
    const fields = receivedFields(fieldsOf([cc("max-age=9"), ...lines]), START);
    return storedFrom(SHARED_RFC, { ...response(200), fields, headers: fieldReader(fields) }).fields;
  };
  const DATE = ["date", "Sun, 01 Nov 2026 12:00:00 GMT"];
  const CONTROL = ["cache-control", "max-age=9"];

  test("all of them, unknown and repeated ones too, line by line; a missing Date is added (RFC 9110, 6.6.1)", () => {
    expect(received("X-Odd: ;;", "Link: <a>", "Set-Cookie: a=1, b", "Link: <b>", "Set-Cookie: c=2")).toEqual([
      CONTROL,
      ["x-odd", ";;"],
      ["link", "<a>"],
      ["set-cookie", "a=1, b"],
      ["link", "<b>"],
      ["set-cookie", "c=2"],
      DATE,
    ]);
  });

  test("but Connection, what it lists, and what else is for one hop or for proxies (RFC 9110, 7.6.1)", () => {
    const hop = [
      "Connection: X-Hop, close",
      "X-Hop: 1",
      "Keep-Alive: 5",
      "Proxy-Connection: x",
      "TE: trailers",
    ];
    const more = ["Transfer-Encoding: chunked", "Upgrade: h2c", "Trailer: X", "Proxy-Authenticate: Basic"];
    const proxy = ["Proxy-Authentication-Info: x", "Proxy-Authorization: x"];
    expect(received(...hop, ...more, ...proxy, "X-End: 1")).toEqual([CONTROL, ["x-end", "1"], DATE]);
  });

  test("but Age: each reuse says its own (RFC 9111, 4)", () => {
    expect(received("Age: 5")).toEqual([CONTROL, DATE]);
  });

  const named: [section: string, sentence: string, control: string, kept: Outcomes][] = [
    ["5.2.2.4", "fields that no-cache names are for no reuse", 'no-cache="x-a"', all("x-b")],
    [
      "5.2.2.7",
      "fields that private names are for no shared reuse",
      'private="X-A"',
      ["x-b", "x-b", "x-a x-b"],
    ],
    ["5.2.2.7", "several can be named", 'private="x-a, x-b"', ["", "", "x-a x-b"]],
    ["5.2.2.4", "both can be used at once", 'private="x-a", no-cache="x-b"', ["", "", "x-a"]],
  ];
  test.each(named)("RFC 9111, %s: %s", (_, __, control, kept) => {
    const facts = response(200, cc(`max-age=9, ${control}`), "X-A: 1", "X-B: 1", "X-A: 2");
    const names = [SHARED, SHARED_RFC, PRIVATE].map((rules) =>
      [...new Set(storedFrom(rules, facts).fields.map(([name]) => name))].slice(1).join(" "),
    );
    expect(names).toEqual(kept);
  });
});
