import { endToEndFields, fieldReader, type FieldReader } from "../src/index.ts";

/** Whether Connection lists no field of the request. */
export function isPlainlyConnected(headers: Headers): boolean {
  const connection = headers.get("connection")?.toLowerCase();
  return connection === undefined || connection === "keep-alive" || connection === "close";
}

/**
 * The fields as the origin will see them: what Connection lists does not travel (RFC 9110, 7.6.1), so it must not select
 * a variant either.
 */
export function forwardedReader(headers: Headers): FieldReader {
  return isPlainlyConnected(headers) ? headers : fieldReader(endToEndFields(headers));
}
