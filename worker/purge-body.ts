/** Bytes that the body of a purge may have. */
export const MAX_PURGE_BYTES = 1_048_576;

/** A request's body as JSON, or why it is none. */
export type JsonBody =
  | { readonly outcome: "read"; readonly value: unknown }
  | { readonly outcome: "not-json" | "too-large" };

/**
 * Reads a JSON body and stops at the limit, whatever `Content-Length` says or leaves out. `Content-Type` plays no
 * part: `curl -d` and `fetch` name other types unless told.
 */
export async function readJson(request: Request, limit: number = MAX_PURGE_BYTES): Promise<JsonBody> {
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
