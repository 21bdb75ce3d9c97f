/** Makes text of bytes in place, as Node's `Buffer` can; what is no UTF-8 becomes U+FFFD. */
type Slice = (this: Uint8Array, start: number, end: number) => string;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const { Buffer } = globalThis as { readonly Buffer?: { readonly prototype: { readonly utf8Slice?: Slice } } }; // Node's global.
const slice = Buffer?.prototype.utf8Slice;

/**
 * The text of a part of bytes, in UTF-8. Where there is a `Buffer` no window is made, which takes longer than the text.
 *
 * @throws {TypeError} if they are no UTF-8
 */
export function textIn(bytes: Uint8Array, start: number, end: number): string {
  if (slice !== undefined) {
    const text = slice.call(bytes, start, end);
    if (!text.includes("\uFFFD")) return text;
  }
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}
