import type { FedPurgesOptions } from "./fed-purges.ts";
import type { Forwarder, ForwarderTools } from "./forward.ts";
import type { sealing } from "./disk/sealing.ts";
import type { Purges } from "./purges.ts";

/** How a cache comes by the code that a page does not need at once: by itself later, or with all the rest. */
export interface Code {
  /** Takes answers of the network. */
  readonly forwarder: (tools: ForwarderTools) => Forwarder;
  /** Knows of purges by a feed. */
  readonly purges: (options: FedPurgesOptions) => Purges;
  /** Seals records on disk. */
  readonly sealing: typeof sealing;
}
