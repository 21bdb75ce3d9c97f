import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRedisUrl } from "../../worker/redis/address.ts";
import { encodeCommands, replyReader, type Reply } from "../../worker/redis/resp.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An answer as the server would write it. */
function written(reply: Reply): Uint8Array {
  if (reply === null) return bytes("$-1\r\n");
  if (typeof reply === "number") return bytes(`:${reply}\r\n`);
  if (typeof reply === "string") return bytes(`+${reply}\r\n`);
  if (reply instanceof Uint8Array) return joined([bytes(`$${reply.byteLength}\r\n`), reply, bytes("\r\n")]);
  if ("error" in reply) return bytes(`-${reply.error}\r\n`);
  return joined([bytes(`*${reply.length}\r\n`), ...reply.map(written)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const line = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
const leaf = fc.oneof(
  fc.constant(null),
  fc.maxSafeInteger(),
  line,
  fc.uint8Array({ maxLength: 40 }),
  line.map((error) => ({ error })),
);
const reply: fc.Arbitrary<Reply> = fc.oneof(
  leaf,
  fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })), { maxLength: 4 }),
);

describe("the answers of Redis", () => {
  test("are read as they were written, however they are cut on the way", () => {
    fc.assert(
      fc.property(
        fc.array(reply, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 30 })),
        (replies, sizes) => {
          const wire = joined(replies.map(written));
          const reader = replyReader();
          const read: Reply[] = [];
          for (let at = 0, index = 0; at < wire.byteLength; index += 1) {
            const size = sizes[index % sizes.length] ?? wire.byteLength;
            read.push(...reader.push(wire.subarray(at, at + size)));
            at += size;
          }
          expect(read).toEqual(replies);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("do not carry what came with them", () => {
    const [answer] = replyReader().push(bytes("$3\r\nabc\r\n+OK\r\n"));
    expect((answer as Uint8Array).buffer.byteLength).toBe(3);
  });

  const odd = [
    "HTTP/1.1 400 Bad Request\r\n",
    "$x\r\n",
    "$99999999999\r\n",
    "*1e9\r\n",
    ":1.5\r\n",
    "\r\n",
    "*99999999\r\n",
  ];
  test.each(odd)("%j is none, and no more is read", (text) => {
    expect(() => replyReader().push(bytes(text))).toThrow("The server does not speak the protocol of Redis");
  });

  test("are not read to any depth", () => {
    expect(() => replyReader().push(bytes("*1\r\n".repeat(20)))).toThrow(
      "The server's answer has too many levels",
    );
  });

  test("whatever bytes come, reading ends, with answers or with an error", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
        const reader = replyReader();
        try {
          for (const chunk of chunks) reader.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("commands are written as lists of strings, whatever bytes are in them", () => {
  const wire = encodeCommands([
    ["SET", "caf\u00e9", Uint8Array.of(0, 13, 10, 255)],
    ["GET", ""],
  ]);
  const expected = joined([
    bytes("*3\r\n$3\r\nSET\r\n$5\r\ncaf\u00e9\r\n$4\r\n"),
    Uint8Array.of(0, 13, 10, 255),
    bytes("\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n"),
  ]);
  expect(wire).toEqual(expected);
});

describe("readRedisUrl()", () => {
  test.each([
    ["redis://host", { hostname: "host", port: 6_379, tls: false, greeting: [] }],
    ["rediss://host:1", { hostname: "host", port: 1, tls: true, greeting: [] }],
    [
      "redis://:p%40ss@host/2",
      {
        port: 6_379,
        greeting: [
          ["AUTH", "p@ss"],
          ["SELECT", "2"],
        ],
      },
    ],
    ["redis://user:pass@host/0", { greeting: [["AUTH", "user", "pass"]] }],
  ])("%s", (url, address) => {
    expect(readRedisUrl(url)).toMatchObject(address);
  });
});
