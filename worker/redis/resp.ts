/**
 * The wire protocol of Redis (RESP2), as much as commands and their answers need.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

/** An answer: bulk strings as bytes, status lines as text. */
export type Reply = string | number | null | Uint8Array | RedisError | readonly Reply[];

/** What the server says of a command that failed; its message begins with a code. */
export interface RedisError {
  readonly error: string;
}

export type Word = string | Uint8Array;

/** Commands as they travel, one after the other. */
export function encodeCommands(commands: readonly (readonly Word[])[]): Uint8Array {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let text = "";
  for (const words of commands) {
    text += `*${words.length}\r\n`;
    for (const word of words) {
      const bytes = typeof word === "string" ? encoder.encode(word) : word;
      parts.push(encoder.encode(`${text}$${bytes.byteLength}\r\n`), bytes);
      text = "\r\n";
    }
  }
  parts.push(encoder.encode(text));
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Takes bytes as they come, and gives the answers that are whole. */
export interface ReplyReader {
  /** @throws {Error} if the bytes are no answers; nothing that comes after them can be read */
  push(chunk: Uint8Array): readonly Reply[];
}

const CR = 13;
/** Redis's own limit for a string, and more items and levels than any answer of ours has. */
const MOST_BYTES = 512 * 1_048_576;
const MOST_ITEMS = 1_048_576;
const MOST_LEVELS = 8;

export function replyReader(): ReplyReader {
  let buffer = new Uint8Array(4_096);
  let [start, end] = [0, 0];
  /** No answer can be whole before there are so many bytes. */
  let needed = 0;

  function append(chunk: Uint8Array): void {
    if (end + chunk.byteLength > buffer.byteLength) {
      const size = end - start + chunk.byteLength;
      const larger = size * 2 > buffer.byteLength ? new Uint8Array(size * 2) : buffer;
      larger.set(buffer.subarray(start, end));
      buffer = larger;
      end -= start;
      start = 0;
    }
    buffer.set(chunk, end);
    end += chunk.byteLength;
  }

  return {
    push(chunk) {
      append(chunk);
      const replies: Reply[] = [];
      while (end - start >= Math.max(needed, 1)) {
        const read = readReply(buffer.subarray(start, end), 0, 0);
        if (typeof read === "number") {
          needed = read;
          break;
        }
        needed = 0;
        start += read.next;
        replies.push(read.reply);
      }
      return replies;
    },
  };
}

/** The answer at a place and where the next begins, or how many bytes there must be at least for it to be whole. */
function readReply(bytes: Uint8Array, at: number, level: number): { reply: Reply; next: number } | number {
  const lineEnd = bytes.indexOf(CR, at);
  if (lineEnd < 0 || lineEnd + 2 > bytes.byteLength) return bytes.byteLength + 1;
  const line = new TextDecoder().decode(bytes.subarray(at + 1, lineEnd));
  const next = lineEnd + 2;
  switch (bytes[at]) {
    case 43: // +
      return { reply: line, next };
    case 45: // -
      return { reply: { error: line }, next };
    case 58: // :
      return { reply: readCount(line, Number.MAX_SAFE_INTEGER), next };
    case 36: {
      // $
      const size = readCount(line, MOST_BYTES);
      if (size < 0) return { reply: null, next };
      if (next + size + 2 > bytes.byteLength) return next + size + 2;
      // A copy: what is handed on must not carry the whole buffer with it.
      return { reply: bytes.slice(next, next + size), next: next + size + 2 };
    }
    case 42: // *
      return readList(bytes, next, readCount(line, MOST_ITEMS), level + 1);
    default:
      throw new Error("The server does not speak the protocol of Redis");
  }
}

function readList(bytes: Uint8Array, from: number, count: number, level: number) {
  if (count < 0) return { reply: null, next: from };
  if (level > MOST_LEVELS) throw new Error("The server's answer has too many levels");
  const items: Reply[] = [];
  let next = from;
  while (items.length < count) {
    const item = readReply(bytes, next, level);
    if (typeof item === "number") return item;
    items.push(item.reply);
    next = item.next;
  }
  return { reply: items, next };
}

function readCount(line: string, most: number): number {
  const count = /^-?\d{1,16}$/.test(line) ? Number(line) : Number.NaN;
  if (!(Math.abs(count) <= most)) throw new Error("The server does not speak the protocol of Redis");
  return count;
}
