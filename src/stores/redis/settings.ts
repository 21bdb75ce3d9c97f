import type { Clock } from "../../clock.ts";
import type { Duration } from "../../duration.ts";
import type { OnEvent } from "../../events.ts";

/** What all stores in Redis can be told. */
export interface RedisStoreSettings {
  /**
   * What all keys begin with, before a colon; `clear` removes these and no others. Letters, digits, `.`, `_` and `-`.
   *
   * @defaultValue "tidemark"
   */
  readonly prefix?: string;
  /** How long one call may take, more than 0; then it rejects. @defaultValue "1s" */
  readonly timeout?: Duration;
  /** Hears of entries that could not be read; they are removed. */
  readonly onEvent?: OnEvent | undefined;
  readonly clock?: Clock;
}
