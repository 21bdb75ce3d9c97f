import type { KeptRecord } from "./record.ts";

/** Makes records that nobody reads or changes without the key, and reads them back. */
export interface Sealing {
  seal(key: string, record: KeptRecord): Promise<unknown>;
  /** What was sealed; `null` if it was not, not so, or for another place. Rejects where the key is of no use at all. */
  open(key: string, record: unknown): Promise<unknown>;
}

/** A key for AES-GCM, or what brings it. */
export type SealingKey = CryptoKey | (() => Promise<CryptoKey>);

interface Sealed {
  readonly iv: BufferSource;
  readonly sealed: BufferSource;
}

const HEAD_BYTES = 4;
const encoder = new TextEncoder();

/**
 * AES-GCM (NIST SP 800-38D) by WebCrypto: a random initialisation vector of 96 bits for each record, and the record's place as
 * additional data, so that none can stand in another's.
 *
 * @param place the database, as each partition has one of its own
 */
export async function sealing(given: SealingKey, place: string): Promise<Sealing> {
  const secret = typeof given === "function" ? await given() : given;
  const how = (key: string, iv: BufferSource): AesGcmParams => ({
    name: "AES-GCM",
    iv,
    additionalData: encoder.encode(`${place}\n${key}`),
  });
  return {
    async seal(key, record) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      return { iv, sealed: await crypto.subtle.encrypt(how(key, iv), secret, toBytes(record)) };
    },
    async open(key, record) {
      if (!isSealed(record)) return null;
      try {
        return fromBytes(await crypto.subtle.decrypt(how(key, record.iv), secret, record.sealed));
      } catch (error) {
        if (error instanceof DOMException && error.name === "OperationError") return null;
        throw error;
      }
    },
  };
}

/** The length of the head, the head as JSON, and the body, where it is bytes. */
function toBytes({ body, ...rest }: KeptRecord): Uint8Array<ArrayBuffer> {
  const isText = !(body instanceof ArrayBuffer);
  const head = encoder.encode(JSON.stringify(isText ? { ...rest, body } : rest));
  const tail = isText ? new Uint8Array() : new Uint8Array(body);
  const all = new Uint8Array(HEAD_BYTES + head.byteLength + tail.byteLength);
  new DataView(all.buffer).setUint32(0, head.byteLength);
  all.set(head, HEAD_BYTES);
  all.set(tail, HEAD_BYTES + head.byteLength);
  return all;
}

/** Whoever sealed it had the key: it is ours. */
function fromBytes(bytes: ArrayBuffer): unknown {
  const end = HEAD_BYTES + new DataView(bytes).getUint32(0);
  const head: object = JSON.parse(new TextDecoder().decode(bytes.slice(HEAD_BYTES, end)));
  return "body" in head ? head : { ...head, body: bytes.slice(end) };
}

function isSealed(record: unknown): record is Sealed {
  if (typeof record !== "object" || record === null || !("iv" in record && "sealed" in record)) return false;
  return ArrayBuffer.isView(record.iv) && record.sealed instanceof ArrayBuffer;
}
