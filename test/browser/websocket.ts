import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The server's end of a WebSocket (RFC 6455), as far as tests need it: text both ways, and the end. */
export interface ServerSocket {
  send(text: string): void;
  /** Ends it as a server does that is going away. */
  close(code: number): void;
  /** Cuts the line. */
  destroy(): void;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const [TEXT, CLOSE] = [0x1, 0x8];

export function acceptSocket(
  { headers }: IncomingMessage,
  line: Duplex,
  { onText, onEnd }: { readonly onText: (text: string) => void; readonly onEnd: () => void },
): ServerSocket {
  const key = `${headers["sec-websocket-key"]}${GUID}`;
  const accept = createHash("sha1").update(key).digest("base64");
  line.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const frame = (opcode: number, payload: Buffer): void => {
    if (line.writable) line.write(Buffer.concat([Buffer.from([0x80 | opcode]), lengthOf(payload), payload]));
  };
  let rest = Buffer.alloc(0);
  line.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let read = readFrame(rest); read !== undefined; read = readFrame(rest)) {
      rest = rest.subarray(read.bytes);
      if (read.opcode === TEXT) onText(read.payload.toString());
      if (read.opcode !== CLOSE) continue;
      frame(CLOSE, read.payload);
      line.end();
    }
  });
  line.on("error", () => line.destroy());
  line.on("close", onEnd);
  return {
    send: (text) => frame(TEXT, Buffer.from(text)),
    close(code) {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      frame(CLOSE, payload);
      line.end();
    },
    destroy: () => void line.destroy(),
  };
}

/** In as few bytes as possible: RFC 6455, 5.2, takes no others. */
function lengthOf({ length }: Buffer): Buffer {
  if (length < 126) return Buffer.from([length]);
  const field = Buffer.alloc(length < 65_536 ? 3 : 9);
  if (length < 65_536) field.writeUInt16BE(length, 1);
  else field.writeBigUInt64BE(BigInt(length), 1);
  field[0] = length < 65_536 ? 126 : 127;
  return field;
}

/** The first frame of what has come in from a client, which masks its payload; `undefined` = not all of it is there. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; bytes: number } | undefined {
  if (data.length < 6) return undefined;
  const short = data.readUInt8(1) & 0x7f;
  const start = short === 126 ? 4 : 2;
  const length = short === 126 ? data.readUInt16BE(2) : short;
  const bytes = start + 4 + length;
  if (data.length < bytes) return undefined;
  const mask = data.subarray(start, start + 4);
  const payload = Buffer.from(data.subarray(start + 4, bytes)).map(
    (byte, index) => byte ^ (mask[index % 4] ?? 0),
  );
  return { opcode: data.readUInt8(0) & 0x0f, payload: Buffer.from(payload), bytes };
}
