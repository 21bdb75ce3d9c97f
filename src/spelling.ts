/** A `%` that begins no escape: what stands behind it may become one, or a dot segment, when it is decoded. */
const LONE_PERCENT = /%(?![\da-f]{2})/i;

/**
 * A part of a URL in the spelling that all of its meaning share (RFC 3986, 6.2.2; RFC 9110, 4.2.3): an escape of an
 * unreserved character is that character, hex digits are in upper case. Reserved characters keep their escapes: `%2F` in a
 * segment is not what divides segments. What has a `%` that begins no escape stays as it is. Done twice it changes nothing.
 */
export function plainlySpelt(text: string): string {
  if (!text.includes("%") || LONE_PERCENT.test(text)) return text;
  return text.replaceAll(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}
