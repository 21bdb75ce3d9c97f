import { cannot } from "../errors.ts";
import type { Codec } from "./codec.ts";

interface ZstdOptions {
  readonly params?: Readonly<Record<number, number>>;
  readonly maxOutputLength?: number;
}

type Done = (error: Error | null, bytes: Uint8Array) => void;

/** As much of `node:zlib` as is used. */
interface Zlib {
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
  zstdCompressSync(bytes: Uint8Array, options: ZstdOptions): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array, options: ZstdOptions): Uint8Array;
  zstdCompress(bytes: Uint8Array, options: ZstdOptions, done: Done): void;
  zstdDecompress(bytes: Uint8Array, options: ZstdOptions, done: Done): void;
}

/** What is longer is worked on by another thread: to hand it over costs more than shorter bodies take. */
const MOST_AT_ONCE = 256 * 1_024;

/**
 * Zstandard by the platform's `node:zlib`: several times quicker than gzip, and smaller. Bodies up to 256 KB are done at once,
 * longer ones on another thread.
 *
 * @param level 1 (quickest) to 22 @defaultValue 1
 * @throws {RangeError} if the level is none
 * @throws {TypeError} where the platform has no zstd: Node from 22.15 on has it, and workerd with `nodejs_compat`
 */
export function zstdCodec(level = 1): Codec {
  if (!Number.isInteger(level) || level < 1 || level > 22)
    throw new RangeError(cannot("compress by zstd", "a level is a whole number from 1 to 22", level));
  const zlib = platformZlib();
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  return {
    id: 2,
    compress(bytes) {
      if (bytes.byteLength <= MOST_AT_ONCE) return zlib.zstdCompressSync(bytes, { params });
      return promised((done) => zlib.zstdCompress(bytes, { params }, done));
    },
    decompress(bytes, most) {
      const options = { maxOutputLength: Math.max(most, 1) };
      if (most <= MOST_AT_ONCE) return zlib.zstdDecompressSync(bytes, options);
      return promised((done) => zlib.zstdDecompress(bytes, options, done));
    },
  };
}

function promised(work: (done: Done) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    work((error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

/** Asked for when it is needed, so that no bundle for other platforms has it. */
function platformZlib(): Zlib {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(name: string): Partial<Zlib> | undefined };
  }; // A global of Node, workerd, Deno and Bun.
  const zlib = process?.getBuiltinModule?.("node:zlib");
  if (typeof zlib?.zstdCompressSync !== "function")
    throw new TypeError(cannot("compress by zstd", "it needs node:zlib with zstd; or give a codec", "none"));
  return zlib as Zlib; // Its members came together.
}
