/** Makes bytes fewer and brings them back: `zstdCodec()`, `gzipCodec()`, or `node:zlib`'s brotli and gzip. */
export interface Codec {
  /** A number of 1 to 255 that stands in front of what it made: another codec does not read it. */
  readonly id: number;
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * @param most how many bytes may come out; one that would bring more rejects, before it has made them all
   */
  decompress(bytes: Uint8Array, most: number): Uint8Array | Promise<Uint8Array>;
}
