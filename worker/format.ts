import type { FieldReader, StoredFacts } from "../src/index.ts";

/**
 * Fields that switch a page to another format, and that real clients send. A response that does not name them in its Vary
 * is neither stored for nor served to a request that has one.
 */
export const FORMAT_FIELDS: readonly string[] = [
  "next-router-prefetch",
  "next-router-segment-prefetch",
  "next-router-state-tree",
  "next-url",
  "rsc",
  "x-nextjs-data",
  "x-react-router-spa-mode",
];

/** Whether a response was chosen by every field of the request that may switch its format. */
export function isFormatSelected(request: FieldReader, { nominated }: StoredFacts): boolean {
  return FORMAT_FIELDS.every(
    (name) => request.get(name) === null || nominated.some(([selecting]) => selecting === name),
  );
}
