import { cacheControlSubject } from "./cache-control.ts";
import { decisionsSubject } from "./decisions.ts";
import { hitSubject } from "./hit.ts";
import type { Subject } from "./measure.ts";

/** Everything that is measured, by the name that `npm run bench -- <name>` takes. A new one is one file and one line here. */
export const SUBJECTS: ReadonlyMap<string, Subject> = new Map([
  ["decisions", decisionsSubject],
  ["cache-control", cacheControlSubject],
  ["hit", hitSubject],
]);
