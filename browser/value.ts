import type { Body } from "./body.ts";

/**
 * The value of a body of JSON, deeply frozen.
 *
 * @throws {SyntaxError} if it is no JSON
 */
export function parsed(body: Body): unknown {
  // As `Response.json` does it: bytes that are no text are replaced, and a byte order mark is no part of the text.
  const text = typeof body === "string" ? body.replace(/^\uFEFF/, "") : new TextDecoder().decode(body);
  return frozen(JSON.parse(text));
}

/** Freezes a value with all that it holds; what is frozen already is taken as it is. */
export function frozen<T>(value: T): T {
  // However deep it goes: a server decides on that.
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue;
    // What has an own way of being changed, such as bytes, is not frozen.
    if (ArrayBuffer.isView(next)) continue;
    Object.freeze(next);
    for (const member of Object.values(next)) left.push(member);
  }
  return value;
}
