import { failure } from "./purge-answers.ts";
import { isObject, isKey, KEY_RULE } from "./purge-request.ts";

/** Bytes that the body of a purge may have. */
const MAX_PURGE_BYTES = 1_048_576;

/** A request's body as JSON, or why it is none. */
type JsonBody =
  | { readonly outcome: "read"; readonly value: unknown }
  | { readonly outcome: "not-json" }
  | { readonly outcome: "too-large" };

/** JSON, and what `curl -d` and `fetch` say of a text unless told. */
const TYPES =
  /^(?:application\/(?:json|[\w.+-]+\+json|x-www-form-urlencoded)|text\/(?:plain|json))\s*(?:;|$)/i;

/**
 * Reads the body of a purge, with the `Idempotency-Key` of the header in its place, or refuses it.
 *
 * The key is a String of RFC 9651 in draft-ietf-httpapi-idempotency-key-header; most clients send it without quotes.
 */
export async function readBody(request: Request): Promise<{ readonly value: unknown } | Response> {
  const type = request.headers.get("content-type");
  if (type !== null && !TYPES.test(type))
    return failure(415, [{ field: "content-type", message: "content-type must be application/json" }]);
  const body = await readJson(request);
  if (body.outcome === "too-large")
    return failure(413, [{ field: "body", message: `body must not exceed ${MAX_PURGE_BYTES} bytes` }]);
  if (body.outcome !== "read")
    return failure(400, [{ field: "body", message: "body must be JSON in UTF-8" }]);
  const key = readKey(request.headers);
  if (key === undefined || !isObject(body.value)) return body;
  if (!isKey(key))
    return failure(400, [{ field: "idempotency-key", message: `idempotency-key ${KEY_RULE}` }]);
  const own = body.value["idempotency_key"] ?? key;
  if (own !== key) {
    const message = "idempotency-key and the body's idempotency_key must not differ";
    return failure(400, [{ field: "idempotency-key", message }]);
  }
  return { value: { ...body.value, idempotency_key: key } };
}

/** The `Idempotency-Key`, without the quotes that it may have; `undefined` = there is none. */
export function readKey(headers: Headers): string | undefined {
  const value = headers.get("idempotency-key");
  if (value === null) return undefined;
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replaceAll(/\\(.)/g, "$1");
}

/** Whether to wait until the purge is effective. What is to be purged stands in the body alone. */
export function readWait(url: string): boolean | Response {
  const query = [...new URL(url).searchParams];
  if (query.length === 0) return false;
  const isWait = query.every(([name, value]) => name === "wait" && value === "effective");
  const message = "query may hold wait=effective alone: what is to be purged stands in the body";
  return isWait ? true : failure(400, [{ field: "query", message }]);
}

/** Reads a JSON body and stops at the limit, whatever `Content-Length` says or leaves out. */
async function readJson(request: Request, limit: number = MAX_PURGE_BYTES): Promise<JsonBody> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return { outcome: "too-large" };
  try {
    const bytes = await readUpTo(request, limit);
    if (bytes === undefined) return { outcome: "too-large" };
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return { outcome: "read", value: JSON.parse(text) };
  } catch {
    // Not UTF-8, not JSON, or broken off.
    return { outcome: "not-json" };
  }
}

async function readUpTo({ body }: Request, limit: number): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
