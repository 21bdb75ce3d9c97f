import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  endToEndFields,
  fieldReader,
  listMembers,
  receivedFields,
  trimSpace,
  withoutFields,
} from "../../../src/http/fields.ts";
import { fieldsOf, START } from "../../support/messages.ts";

const KB_64 = 65_536;

describe("listMembers()", () => {
  const table: [value: string, members: string[], because: string][] = [
    ["a, b", ["a", "b"], "commas divide"],
    ["a ,\tb", ["a", "b"], "spaces and tabs around commas do not count"],
    [", a,,b, ", ["a", "b"], "empty members do not count"],
    ["", [], "nothing has no members"],
    ['a="x, y", b', ['a="x, y"', "b"], "a comma in quotes does not divide"],
    ['"a\\", b", c', ['"a\\", b"', "c"], "an escaped quote does not end the quotes"],
    ['"a\\\\", b', ['"a\\\\"', "b"], "an escaped backslash escapes nothing more"],
    ['a, "b, c', ["a", '"b, c'], "open quotes last to the end"],
    ["a\\, b", ["a\\", "b"], "a backslash escapes only within quotes"],
    ["a\u00a0, b", ["a\u00a0", "b"], "a no-break space is a character like any other"],
  ];
  test.each(table)("%j: %j, as %s", (value, members) => {
    expect(listMembers(value)).toEqual(members);
  });

  test("gives back the members that were joined", () => {
    const token = fc.stringMatching(/^[\w!*-]{1,8}$/);
    const quoted = fc.stringMatching(/^[ -!#-[\]-~]{0,8}$/).map((inner) => `${"k"}="${inner}"`);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(token, quoted)),
        fc.constantFrom(",", ", ", " ,\t", ",,"),
        (members, comma) => {
          expect(listMembers(members.join(comma))).toEqual(members);
        },
      ),
    );
  });

  const long: [form: string, value: string, members: number][] = [
    ["commas", ",".repeat(KB_64), 0],
    ["quotes", '"'.repeat(KB_64), 1],
    ["backslashes in quotes", `"${"\\".repeat(KB_64)}`, 1],
    ["spaces", " ".repeat(KB_64), 0],
    ["spaces before each comma", `${" ".repeat(255)},`.repeat(256), 0],
    ["members", "a,".repeat(KB_64 / 2), KB_64 / 2],
  ];
  test.each(long)("64 KB of %s are read as they are", (_, value, members) => {
    expect(listMembers(value)).toHaveLength(members);
  });
});

describe("trimSpace()", () => {
  const table: [text: string, trimmed: string][] = [
    [" \ta b\t ", "a b"],
    ["\u00a0a\u00a0", "\u00a0a\u00a0"],
    ["\ra\n", "\ra\n"],
    [" ", ""],
    ["", ""],
  ];
  test.each(table)("of %j leaves %j", (text, trimmed) => {
    expect(trimSpace(text)).toBe(trimmed);
  });
});

describe("fieldReader()", () => {
  const reader = fieldReader(fieldsOf(["Vary: Accept", 'ETag: W/"1"', "Vary: Cookie", "X-Empty:"]));
  const table: [name: string, value: string | null, because: string][] = [
    ["vary", "Accept, Cookie", "lines of one name are one list"],
    ["ETAG", 'W/"1"', "names have no case"],
    ["x-empty", "", "an empty field is there"],
    ["x-absent", null, "an absent one is not"],
    ["__proto__", null, "no name is special"],
    ["constructor", null, "no name is special"],
  ];
  test.each(table)("%s is %j, as %s", (name, value) => {
    expect(reader.get(name)).toBe(value);
  });
});

describe("endToEndFields()", () => {
  const dropped = [
    "Connection: close",
    "Keep-Alive: timeout=5",
    "Proxy-Authenticate: Basic",
    "Proxy-Authentication-Info: x",
    "Proxy-Authorization: Basic x",
    "Proxy-Connection: keep-alive",
    "TE: trailers",
    "Trailer: Expires",
    "Transfer-Encoding: chunked",
    "Upgrade: h2c",
  ];
  test.each(dropped)("%s is for one connection and is dropped", (line) => {
    const [[name, value] = ["", ""]] = fieldsOf([line]);
    expect(
      endToEndFields([
        [name.toUpperCase(), value],
        ["ETag", '"1"'],
      ]),
    ).toEqual([["etag", '"1"']]);
  });

  test("whatever Connection lists is dropped, wherever it stands, in any case", () => {
    const lines = fieldsOf([
      "X-Hop: 1",
      "Connection: close, x-HOP",
      "X-End: 2",
      "Connection: X-Other",
      "X-Other: 3",
    ]);
    expect(endToEndFields(lines)).toEqual([["x-end", "2"]]);
  });

  test("all others stay, unknown ones too, line by line in their order", () => {
    const lines = fieldsOf(["Set-Cookie: a=1", "X-Odd: ,,", "Set-Cookie: b=2, c", "Server: S"]);
    expect(endToEndFields(lines)).toEqual(lines);
  });
});

describe("receivedFields()", () => {
  test("a response without Date gets the time at which it came", () => {
    expect(receivedFields(fieldsOf(['ETag: "1"']), START)).toEqual([
      ["etag", '"1"'],
      ["date", "Sun, 01 Nov 2026 12:00:00 GMT"],
    ]);
  });

  test("a response with a Date keeps it, even one that cannot be read", () => {
    expect(receivedFields([["Date", "yesterday"]], START)).toEqual([["date", "yesterday"]]);
  });

  test("a Date that Connection lists counts as none", () => {
    expect(
      receivedFields(fieldsOf(["Connection: date", "Date: Sun, 01 Nov 2020 12:00:00 GMT"]), START),
    ).toEqual([["date", "Sun, 01 Nov 2026 12:00:00 GMT"]]);
  });
});

describe("withoutFields()", () => {
  test("takes out every line of the names", () => {
    const lines = fieldsOf(["Age: 1", "ETag: x", "Age: 2"]);
    expect(withoutFields(lines, ["age"])).toEqual([["etag", "x"]]);
    expect(withoutFields(lines, [])).toEqual(lines);
  });
});
