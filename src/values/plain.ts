import { cannot } from "../errors.ts";

/** A value as the cache keeps it: its own copy, which nobody else can change. */
export interface Plain {
  readonly value: unknown;
  /** Nobody can change it: it may be handed out as it is. Otherwise (a Date, a Map, bytes ...) each reader needs a copy. */
  readonly isFixed: boolean;
  /** JSON alone can carry it. */
  readonly isJson: boolean;
  /** Bytes it takes in memory, about. */
  readonly size: number;
}

/** A value that cannot be kept: it would come back as something else, or not at all. */
export class UnstorableError extends TypeError {
  override readonly name = "UnstorableError";
}

/** How deep values may be nested. */
const MAX_DEPTH = 500;

interface Walk {
  readonly freezes: boolean;
  readonly most: number;
  /** Lists and objects that hold the value at hand; made when there is the first. */
  above: Set<object> | undefined;
  isFixed: boolean;
  isJson: boolean;
  size: number;
}

export interface PlainOptions {
  /** Whether lists and objects are frozen, so that they can be handed out without a copy. @defaultValue yes */
  readonly freezes?: boolean;
  /** The most bytes that a value may take in memory. @defaultValue no limit */
  readonly most?: number;
}

/**
 * Copies a value, deeply: what JSON has, and Date, Map, Set, bigint, undefined, NaN, ArrayBuffer, its views and objects
 * without a prototype, which come back with one. A hole in a list counts as undefined.
 *
 * @throws {UnstorableError} on functions, symbols, instances of other classes, circles, and what is too deep or too large
 */
export function plainOf(value: unknown, { freezes = true, most = Infinity }: PlainOptions = {}): Plain {
  const walk: Walk = { freezes, most, above: undefined, isFixed: true, isJson: true, size: 0 };
  const copy = copied(value, walk);
  return { value: copy, isFixed: walk.isFixed && freezes, isJson: walk.isJson, size: walk.size };
}

/** Another copy, of what is a copy already, that its owner may change. */
export function copyOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? plainOf(value, { freezes: false }).value : value;
}

function copied(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
      return grown(walk, 2 * value.length + 16, value);
    case "number":
      if (!Number.isFinite(value) || Object.is(value, -0)) walk.isJson = false;
      return grown(walk, 8, value);
    case "boolean":
      return grown(walk, 8, value);
    case "bigint":
    case "undefined":
      walk.isJson = false;
      return grown(walk, 16, value);
    case "object":
      return value === null ? grown(walk, 8, value) : copiedObject(value, walk);
    case "function":
    case "symbol":
      throw unstorable(`it holds a ${typeof value}`, value);
  }
}

function copiedObject(value: object, walk: Walk): unknown {
  const above = (walk.above ??= new Set());
  if (above.has(value)) throw unstorable("it holds itself", "a circle");
  if (above.size >= MAX_DEPTH) throw unstorable(`it is nested more than ${MAX_DEPTH} deep`, "more");
  above.add(value);
  const copy = copyByKind(value, walk);
  above.delete(value);
  return copy;
}

function copyByKind(value: object, walk: Walk): unknown {
  if (Array.isArray(value))
    return fixed(
      walk,
      Array.from(grown(walk, 32, value), (it) => copied(it, walk)),
    );
  if (isRecord(value)) return fixed(walk, copiedRecord(value, walk));
  walk.isFixed = false;
  walk.isJson = false;
  if (value instanceof Date) return grown(walk, 48, new Date(value.getTime()));
  if (value instanceof Map) {
    const pairs = Array.from(
      grown(walk, 64, value),
      ([key, it]) => [copied(key, walk), copied(it, walk)] as const,
    );
    return new Map(pairs);
  }
  if (value instanceof Set) return new Set(Array.from(grown(walk, 64, value), (it) => copied(it, walk)));
  if (value instanceof ArrayBuffer) return grown(walk, 64 + value.byteLength, value.slice(0));
  if (ArrayBuffer.isView(value)) return copiedView(value, walk);
  throw unstorable("an instance of a class would come back without it", nameOf(value));
}

/** Whether it is an object as literals make them, of this realm or another. */
export function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf"); // No primitive is a prototype.
}

function copiedRecord(value: Record<string, unknown>, walk: Walk): Record<string, unknown> {
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw unstorable("it has a symbol for a key", "a symbol");
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const member = copied(value[name], grown(walk, 16, walk));
    if (name === "__proto__") {
      // An assignment would set the prototype.
      Object.defineProperty(copy, name, {
        value: member,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else copy[name] = member;
  }
  return grown(walk, 32, copy);
}

const VIEWS: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

/** With a buffer of its own: a view of a larger one would keep that. A Node Buffer is kept as the Uint8Array that it is. */
function copiedView(view: ArrayBufferView, walk: Walk): ArrayBufferView {
  const kind = VIEWS.find((constructor) => view instanceof constructor);
  if (kind === undefined) throw unstorable("it holds bytes of an unknown kind", nameOf(view));
  const bytes = new Uint8Array(view.byteLength);
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return grown(walk, 128 + view.byteLength, new kind(bytes.buffer));
}

function fixed<T extends object>(walk: Walk, copy: T): T {
  return walk.freezes ? Object.freeze(copy) : copy;
}

/** Counts bytes; passes on what it is given. */
function grown<T>(walk: Walk, bytes: number, passed: T): T {
  walk.size += bytes;
  if (walk.size > walk.most) throw unstorable(`it takes more than ${walk.most} bytes`, "more");
  return passed;
}

function unstorable(why: string, got: unknown): UnstorableError {
  return new UnstorableError(cannot("store a value", why, got));
}

function nameOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown }; // Any object may have one, of any kind.
  return typeof constructor === "function" ? constructor.name : "an object without a class";
}
