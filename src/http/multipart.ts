import { cannot } from "../errors.ts";
import { contentRange } from "./parts.ts";
import type { ByteRange } from "./range.ts";

/** The body of a 206 with several parts, not yet put together: a shell sends its pieces one after the other. */
export interface MultipartBody {
  /** The Content-Type of the response. */
  readonly contentType: string;
  /** The Content-Length of the response, in bytes. */
  readonly contentLength: number;
  /** Text, all of it ASCII, or bytes of the representation by their positions in the whole of it. */
  readonly pieces: readonly (string | ByteRange)[];
}

/** What a body of several parts is made from. */
export interface MultipartOptions {
  /** Two ranges or more: the answer to a single one is never a multipart (RFC 9110, 15.3.7.2). */
  readonly ranges: readonly ByteRange[];
  /** The length of the representation in bytes; `null` = not known. */
  readonly total: number | null;
  /** The Content-Type of the representation; each part repeats it. `null` = it has none. */
  readonly contentType: string | null;
  /**
   * What divides the parts: 1 to 70 of `A-Z a-z 0-9 ' + - . _`, which need no quotes (RFC 2046, 5.1.1). Choose it at
   * random, 128 bits or more: nothing that the representation contains may contain it.
   */
  readonly boundary: string;
}

const BOUNDARY = /^[\w'+.-]{1,70}$/;
const PRINTABLE = /^[\t -~]*$/;

/**
 * Lays out a multipart/byteranges body (RFC 9110, 14.6 and 15.3.7.2): the parts in the order of the ranges, each with
 * its Content-Type and Content-Range. The length is that of the pieces to the byte.
 *
 * A Content-Type with control characters or others beyond ASCII is left out: it could end the part's head early.
 *
 * @throws RangeError for less than two ranges, or a boundary of other characters
 */
export function multipartBody({ ranges, total, contentType, boundary }: MultipartOptions): MultipartBody {
  if (ranges.length < 2)
    throw new RangeError(cannot("write multipart/byteranges", "it takes two ranges or more", ranges.length));
  if (!BOUNDARY.test(boundary))
    throw new RangeError(
      cannot("write multipart/byteranges", "a boundary is 1 to 70 of A-Z a-z 0-9 ' + - . _", boundary),
    );

  const typeLine =
    contentType !== null && PRINTABLE.test(contentType) ? `Content-Type: ${contentType}\r\n` : "";
  const pieces: (string | ByteRange)[] = [];
  let lineEnd = "";
  for (const range of ranges) {
    const rangeLine = `Content-Range: ${contentRange(range.first, range.last, total)}\r\n`;
    pieces.push(`${lineEnd}--${boundary}\r\n${typeLine}${rangeLine}\r\n`, range);
    lineEnd = "\r\n";
  }
  pieces.push(`\r\n--${boundary}--\r\n`);

  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength: pieces.reduce((length, piece) => length + sizeOf(piece), 0),
    pieces,
  };
}

function sizeOf(piece: string | ByteRange): number {
  return typeof piece === "string" ? piece.length : piece.last - piece.first + 1;
}
