import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { gzipCodec, zstdCodec, type Codec } from "../src/index.ts";
import { contestant, hold, type Effort, type Subject } from "./measure.ts";
import type { Sheet } from "./sheet.ts";
import { seeded } from "./zipf.ts";

const CODECS: readonly (readonly [name: string, codec: Omit<Codec, "id">])[] = [
  ["tidemark, `zstdCodec()`", zstdCodec()],
  ["tidemark, `gzipCodec()`, by the platform's streams", gzipCodec()],
  [
    "`gzipSync` of node:zlib, level 1",
    { compress: (it) => gzipSync(it, { level: 1 }), decompress: (it) => gunzipSync(it) },
  ],
  [
    "`brotliCompressSync` of node:zlib, quality 1",
    {
      compress: (it) => brotliCompressSync(it, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
      decompress: (it) => brotliDecompressSync(it),
    },
  ],
];

/** Rows as an API answers them: alike in their names, and not in their values. */
function rowsOf(bytes: number): Uint8Array {
  const random = seeded(5);
  const rows: object[] = [];
  let length = 0;
  while (length < bytes) {
    const [id, price] = [Math.floor(random() * 1e6), Math.round(random() * 1e4) / 100];
    const row = {
      id,
      name: `Product ${id.toString(36)}`,
      price,
      isInStock: random() < 0.8,
      tags: ["new", "sale"],
    };
    rows.push(row);
    length += JSON.stringify(row).length + 1;
  }
  return new TextEncoder().encode(JSON.stringify(rows)).subarray(0, bytes);
}

async function sheet(bytes: number, effort: Effort): Promise<Sheet> {
  const body = rowsOf(bytes);
  const packed = await Promise.all(CODECS.map(async ([, codec]) => codec.compress(body)));
  const inTurn = (works: readonly (() => unknown)[]) => {
    const [first, ...rest] = works.map((work, index) => contestant(CODECS[index]?.[0] ?? "", work));
    return first && hold({ title: "", contestants: [first, ...rest] }, effort);
  };
  const into =
    (await inTurn(
      CODECS.map(
        ([, codec]) =>
          () =>
            codec.compress(body),
      ),
    )) ?? [];
  const out =
    (await inTurn(
      CODECS.map(
        ([, codec], index) =>
          () =>
            codec.decompress(packed[index] ?? body, bytes),
      ),
    )) ?? [];
  const perSecond = (result: { readonly median: number } | undefined): number =>
    (bytes / (result?.median ?? Number.NaN)) * 1e9;
  return {
    title: `${bytes / 1_000} KB of JSON`,
    columns: [
      { name: "in", unit: "bytes per second" },
      { name: "out", unit: "bytes per second" },
      { name: "of its size", unit: "share" },
    ],
    rows: CODECS.map(([name], index) => ({
      name,
      values: [perSecond(into[index]), perSecond(out[index]), (packed[index]?.byteLength ?? 0) / bytes],
    })),
  };
}

export const compressionSubject: Subject = {
  title: "Compression of bodies",
  about:
    "What `compressed(store)` and `compression: true` do to bodies, by the codecs there are: how many bytes go in and come out in " +
    "a second, and what is left of them. Medians of rounds in which all take turns.",
  async run(_, show, effort) {
    for (const bytes of [2_000, 20_000, 200_000]) show(await sheet(bytes, effort));
  },
};
