import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { multipartBody, type MultipartBody } from "../../../src/http/multipart.ts";
import { parseContentRange } from "../../../src/http/parts.ts";

const DIGITS = "0123456789";
const FIRST_AND_LAST = [
  { first: 0, last: 1 },
  { first: 9, last: 9 },
];

/** What a shell sends: the pieces, with the bytes of the representation in their places. */
function sent({ pieces }: MultipartBody, representation: string): string {
  return pieces
    .map((piece) => (typeof piece === "string" ? piece : representation.slice(piece.first, piece.last + 1)))
    .join("");
}

describe("multipartBody()", () => {
  test("is the ranges one after the other, each with its own head", () => {
    const body = multipartBody({
      ranges: FIRST_AND_LAST,
      total: 10,
      contentType: "text/plain; charset=utf-8",
      boundary: "tide",
    });
    expect(body.contentType).toBe("multipart/byteranges; boundary=tide");
    expect(sent(body, DIGITS).split("\r\n")).toEqual([
      "--tide",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Range: bytes 0-1/10",
      "",
      "01",
      "--tide",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Range: bytes 9-9/10",
      "",
      "9",
      "--tide--",
      "",
    ]);
  });

  test("says * for a total that is not known, and no type where there is none", () => {
    const body = multipartBody({ ranges: FIRST_AND_LAST, total: null, contentType: null, boundary: "b" });
    expect(body.pieces[0]).toBe("--b\r\nContent-Range: bytes 0-1/*\r\n\r\n");
  });

  test.each([
    "text/plain\r\nX-Evil: 1\r\n\r\n",
    "text/plain\n",
    "text/\u0000",
    "text/plän",
    "text/\u{1f30a}",
  ])("a part's head does not carry the type %j", (contentType) => {
    const body = multipartBody({ ranges: FIRST_AND_LAST, total: 10, contentType, boundary: "b" });
    expect(body.pieces[0]).toBe("--b\r\nContent-Range: bytes 0-1/10\r\n\r\n");
  });

  test("is as long as it says, and gives back each range", () => {
    const range = fc
      .tuple(fc.nat(99), fc.nat(99))
      .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
    const type = fc.constantFrom(null, "image/png", 'text/plain; x="é"');
    const representation = Array.from({ length: 100 }, (_, index) => DIGITS[index % 10]).join("");
    fc.assert(
      fc.property(fc.array(range, { minLength: 2, maxLength: 10 }), type, (ranges, contentType) => {
        const body = multipartBody({ ranges, total: 100, contentType, boundary: "a-b_c.d" });
        const text = sent(body, representation);
        expect(new TextEncoder().encode(text).byteLength).toBe(body.contentLength);

        const parts = text.split(/(?:^|\r\n)--a-b_c\.d(?:--)?\r\n/).slice(1, -1);
        const read = parts.map((it) => {
          const [head = "", content] = it.split("\r\n\r\n");
          return [parseContentRange(/^Content-Range: (.*)$/m.exec(head)?.[1] ?? null), content];
        });
        expect(read).toEqual(
          ranges.map(({ first, last }) => [
            { first, last, total: 100 },
            representation.slice(first, last + 1),
          ]),
        );
      }),
    );
  });

  test("refuses to answer a single range, or none", () => {
    const write = (count: number) => () =>
      multipartBody({ ranges: FIRST_AND_LAST.slice(0, count), total: 10, contentType: null, boundary: "b" });
    expect(write(1)).toThrow(
      new RangeError("Cannot write multipart/byteranges: it takes two ranges or more, got 1"),
    );
    expect(write(0)).toThrow(RangeError);
  });

  test.each(["", "a b", 'a"', "a\r\n", "a;b", "é", "x".repeat(71)])("refuses the boundary %j", (boundary) => {
    expect(() => multipartBody({ ranges: FIRST_AND_LAST, total: 10, contentType: null, boundary })).toThrow(
      RangeError,
    );
  });

  test("takes the boundary that a random UUID makes", () => {
    const boundary = "5f0c2f1e-3f5b-4b0a-9d7e-1c2d3e4f5a6b";
    const body = multipartBody({ ranges: FIRST_AND_LAST, total: 10, contentType: null, boundary });
    expect(body.contentType).toBe(`multipart/byteranges; boundary=${boundary}`);
  });
});
