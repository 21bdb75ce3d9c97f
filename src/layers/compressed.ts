import { toBytes, type ByteSize } from "../duration.ts";
import { cannot } from "../errors.ts";
import type { Entry, Store } from "../store.ts";
import type { Codec } from "./codec.ts";
import { zstdCodec } from "./zstd.ts";

export interface CompressedOptions {
  /** @defaultValue `zstdCodec()`, which not every platform has */
  readonly codec?: Codec;
  /** Shorter bodies stay as they are. @defaultValue "1kb" */
  readonly minBytes?: ByteSize;
  /** A body that says it is longer is not read. @defaultValue "64mb" */
  readonly maxBytes?: ByteSize;
}

/** The members of a store that go by its bodies' bytes: all but `peek`, which has no time to unpack them. */
export type Compressed<S extends Store> = Pick<S, Exclude<keyof S & keyof Store, "peek">>;

const AS_IT_IS = 0;

/** A codec's id and the length of what went in, in four bytes. */
const FRONT = 5;

/**
 * A store whose bodies are compressed. What stands in the store has one more byte in front, so it and the store without it do
 * not read each other's entries. Whatever is not ours, truncated, or not as long as it says, is no entry: nothing is unpacked
 * beyond `maxBytes`.
 *
 * @throws {TypeError | RangeError} if an option makes no sense, or no codec is given where the platform has no zstd
 */
export function compressed<S extends Store>(store: S, options: CompressedOptions = {}): Compressed<S> {
  const { codec = zstdCodec(), minBytes = "1kb", maxBytes = "64mb" } = options;
  const least = toBytes(minBytes, "minBytes");
  const most = toBytes(maxBytes, "maxBytes");
  if (!Number.isInteger(codec?.id) || codec.id < 1 || codec.id > 255) {
    throw new RangeError(cannot("compress a store", "a codec's id is 1 to 255", codec?.id));
  }

  async function pack(entry: Entry): Promise<Entry> {
    const { body } = entry;
    if (body === null) return entry;
    const small =
      body.byteLength >= least && body.byteLength <= most ? await codec.compress(body) : undefined;
    if (small === undefined || small.byteLength + FRONT >= body.byteLength) {
      return { ...entry, body: framed([AS_IT_IS], body) };
    }
    const length = body.byteLength;
    const front = [codec.id, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
    return { ...entry, body: framed(front, small) };
  }

  async function unpack(entry: Entry | undefined): Promise<Entry | undefined> {
    if (entry === undefined || entry.body === null) return entry;
    const body = await unpackBody(entry.body);
    return body && { ...entry, body };
  }

  async function unpackBody(body: Uint8Array): Promise<Uint8Array | undefined> {
    if (body[0] === AS_IT_IS) return body.subarray(1);
    if (body[0] !== codec.id || body.byteLength < FRONT) return undefined;
    const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
    if (length > most) return undefined;
    try {
      const whole = await codec.decompress(body.subarray(FRONT), length);
      return whole.byteLength === length ? whole : undefined;
    } catch {
      return undefined;
    }
  }

  const { add, replace, increment, getMany, setMany, keys, clear } = store;
  const layer: Store = {
    name: store.name,
    get: async (key) => unpack(await store.get(key)),
    set: async (key, entry, ttl) => store.set(key, await pack(entry), ttl),
    delete: (gone) => store.delete(gone),
    ...(getMany && {
      getMany: async (wanted) => Promise.all((await getMany.call(store, wanted)).map(unpack)),
    }),
    ...(setMany && {
      setMany: async (writes) =>
        setMany.call(
          store,
          await Promise.all(writes.map(async (write) => ({ ...write, entry: await pack(write.entry) }))),
        ),
    }),
    ...(add && { add: async (key, entry, ttl) => add.call(store, key, await pack(entry), ttl) }),
    ...(replace && {
      replace: async (key, entry, ttl, seen) => replace.call(store, key, await pack(entry), ttl, seen),
    }),
    ...(increment && { increment: (key, by) => increment.call(store, key, by) }),
    ...(keys && { keys: (pattern) => keys.call(store, pattern) }),
    ...(clear && { clear: () => clear.call(store) }),
  };
  return layer as Compressed<S>; // It has each member that the store has.
}

function framed(front: readonly number[], body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(front.length + body.byteLength);
  whole.set(front);
  whole.set(body, front.length);
  return whole;
}

/**
 * Gzip by the platform's streams, for where there is nothing better: several times slower than `node:zlib`, on short bodies
 * by far.
 */
export function gzipCodec(): Codec {
  return {
    id: 1,
    compress: (bytes) => throughStream(own(new CompressionStream("gzip")), bytes, Number.POSITIVE_INFINITY),
    decompress: (bytes, most) => throughStream(own(new DecompressionStream("gzip")), bytes, most),
  };
}

/** A stream that changes bytes, as much of it as we use. */
interface ByteTransform {
  readonly writable: {
    getWriter(): { write(chunk: Uint8Array<ArrayBuffer>): Promise<void>; close(): Promise<void> };
  };
  readonly readable: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
  };
}

function own(stream: object): ByteTransform {
  return stream as ByteTransform; // Platforms say in different words what their streams are.
}

async function throughStream(stream: ByteTransform, bytes: Uint8Array, most: number): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  // What fails on this side fails on the other, where it is heard.
  const written = writer.write(Uint8Array.from(bytes)).then(() => writer.close());
  written.catch(() => undefined);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.readable.getReader();
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) break;
    length += value.byteLength;
    if (length > most) {
      await reader.cancel().catch(() => undefined);
      throw new RangeError(cannot("decompress", `it holds more than ${most} bytes`, "more"));
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
