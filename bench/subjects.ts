import { browserSubject } from "./browser.ts";
import { cacheControlSubject } from "./cache-control.ts";
import { checkSubject } from "./check.ts";
import { compressionSubject } from "./compression.ts";
import { decisionsSubject } from "./decisions.ts";
import { hitSubject } from "./hit.ts";
import { ledgerSubject } from "./ledger.ts";
import { liveSubject } from "./live.ts";
import type { Subject } from "./measure.ts";
import { memorySubject } from "./memory.ts";
import { sqliteSubject } from "./sqlite.ts";
import { stampedeSubject } from "./stampede.ts";
import { valuesSubject } from "./values.ts";
import { purgeSubject } from "./purge.ts";
import { redisSubject } from "./redis.ts";
import { refreshSubject } from "./refresh.ts";
import { snapshotSubject } from "./snapshot.ts";

/** Everything that is measured, by the name that `npm run bench -- <name>` takes. A new one is one file and one line here. */
export const SUBJECTS: ReadonlyMap<string, Subject> = new Map([
  ["decisions", decisionsSubject],
  ["cache-control", cacheControlSubject],
  ["hit", hitSubject],
  ["values", valuesSubject],
  ["memory", memorySubject],
  ["redis", redisSubject],
  ["sqlite", sqliteSubject],
  ["compression", compressionSubject],
  ["refresh", refreshSubject],
  ["stampede", stampedeSubject],
  ["check", checkSubject],
  ["purge", purgeSubject],
  ["ledger", ledgerSubject],
  ["snapshot", snapshotSubject],
  ["live", liveSubject],
  ["browser", browserSubject],
]);
