import type { Clock } from "../../clock.ts";
import type { Duration } from "../../duration.ts";
import type { OnEvent } from "../../events.ts";
import type { CompressedOptions } from "../../layers/compressed.ts";

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
  /**
   * Compresses bodies, as `compressed` does: `true` is the same as `{}`. Entries that were written otherwise are a miss.
   *
   * @defaultValue they stay as they are
   */
  readonly compression?: CompressedOptions | boolean | undefined;
  readonly clock?: Clock;
}
