import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { cannot } from "../errors.ts";
import { textIn } from "../stores/utf8.ts";
import { escaped, unescaped } from "./escapes.ts";
import { plainOf } from "./plain.ts";

/** Turns values into bytes and back. */
export interface Serializer {
  /** @throws if the value cannot be written: it is then not kept */
  encode(value: unknown): Uint8Array;
  /** @throws on bytes that it did not write: they are then no value */
  decode(bytes: Uint8Array): unknown;
}

/** The first byte says how the others are to be read. An unknown one is another release's. */
const JSON_TEXT = 1;
const MESSAGE_PACK = 2;

/** Spares a second look at what is known to be plain already. */
export interface PlainSerializer extends Serializer {
  encodePlain(value: unknown, isJson: boolean): Uint8Array;
}

/**
 * JSON where JSON can carry the value, MessagePack where it cannot. Values come back as they were: Date, Map, Set, bigint,
 * typed arrays, NaN, -0 and undefined included.
 */
export function plainSerializer(): PlainSerializer {
  // Without records: their decoder would make functions from names in the bytes.
  const packr = new Packr({
    useRecords: false,
    mapsAsObjects: true,
    moreTypes: true,
    useBigIntExtension: true,
  });
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, moreTypes: true });
  const encoder = new TextEncoder();

  function encodePlain(value: unknown, isJson: boolean): Uint8Array {
    if (isJson) return encoder.encode(String.fromCharCode(JSON_TEXT) + JSON.stringify(value));
    const packed = packr.pack(escaped(value));
    const bytes = new Uint8Array(packed.byteLength + 1);
    bytes[0] = MESSAGE_PACK;
    bytes.set(packed, 1);
    return bytes;
  }

  return {
    encodePlain,
    encode(value) {
      const { value: copy, isJson } = plainOf(value);
      return encodePlain(copy, isJson);
    },
    decode(bytes) {
      if (bytes[0] === JSON_TEXT) return JSON.parse(textIn(bytes, 1, bytes.byteLength));
      if (bytes[0] === MESSAGE_PACK) return unescaped(unpackr.unpack(bytes.subarray(1)));
      throw new TypeError(cannot("read a value", "its format is unknown", bytes[0]));
    },
  };
}
