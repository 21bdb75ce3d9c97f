import type {
  CacheRules,
  Clock,
  ForwardReason,
  PeekingStore,
  Ledger,
  LedgerPoint,
  LedgerView,
  OnEvent,
  RequestFacts,
  Seconds,
  Snapshot,
  StoredResponse,
} from "../src/index.ts";
import type { Teller } from "./answer.ts";
import type { Evictions } from "./evictions.ts";
import type { FillBudget } from "./fill.ts";
import type { PlaceFinder } from "./place.ts";
import type { Origin } from "./origin.ts";
import type { Recently } from "./recently.ts";
import type { RouteFinder } from "./routes.ts";
import type { Selection } from "./selection.ts";
import type { Validated } from "./verdict.ts";

/** A stored response as the edge keeps it. */
export type Stored = StoredResponse<Uint8Array>;

/** What an exchange needs of the cache that it belongs to. */
export interface ExchangeTools {
  readonly cache: Teller;
  readonly rules: CacheRules;
  readonly responses: PeekingStore<Uint8Array>;
  /** The name of the nearest tier. */
  readonly nearest: string;
  readonly ledger: Ledger;
  readonly evictions: Evictions | undefined;
  /** Whether groups count (RFC 9875). */
  readonly groups: boolean;
  readonly view: LedgerView;
  readonly budget: FillBudget;
  /** A longer body is sent on, not kept. */
  readonly maxBodyBytes: number;
  readonly routeOf: RouteFinder;
  readonly placeOf: PlaceFinder;
  /** How long the origin may take until the header of its answer. */
  readonly originTimeout: Seconds;
  /** Why answers were not stored, by resource: for whoever asks. */
  readonly refusals: Recently<string>;
  readonly clock: Clock;
  readonly onEvent: OnEvent | undefined;
}

/** One request that goes to the origin, and why. */
export interface Forwarding {
  readonly request: Request;
  readonly facts: RequestFacts;
  readonly resource: string;
  readonly selection: Selection;
  readonly origin: Origin;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** The ledger as known before the origin is asked: what comes is marked with its position. */
  readonly snapshot: Snapshot | undefined;
  readonly reason: ForwardReason;
  /**
   * `pass`: as it came, and nothing of the answer is kept. `fill`: the whole, for the store as much as for the client.
   * `part`: the bytes that the client wants, likewise. `change`: as it came; the answer may be what a GET would get.
   */
  readonly kind: "pass" | "fill" | "part" | "change";
  /**
   * The mark of what comes, where it is known only later: for a change, the purge that it causes, unless others came
   * between. @defaultValue the snapshot's position
   */
  readonly mark?: Promise<LedgerPoint | undefined> | undefined;
  /** What a fill validates, instead of fetching the whole response; and what may stand in for an error. */
  readonly validated?: Validated<Stored> | undefined;
  /** For a HEAD: the stored answer to a GET, which the answer may renew or outdate. */
  readonly headed?: Stored | undefined;
  /** A part that is stored: what comes may adjoin it. With `missing`, those bytes are asked for to complete it. */
  readonly held?: Stored | undefined;
  readonly missing?: string | undefined;
  /** `false` = it waited for an equal request, in vain. */
  readonly collapsed?: false | undefined;
}

/** What came of an exchange, for those who waited for it: plain data, shared between requests. */
export type ExchangeResult =
  | { readonly outcome: "stored" }
  | { readonly outcome: "passed" }
  | { readonly outcome: "failed"; readonly status: 502 | 504; readonly reason: string };

/** The client's answer, and what came of the exchange in the end. Neither rejects. */
export interface Exchange {
  /** As soon as the header has come. */
  readonly answer: Promise<Response>;
  /** Once the body has been stored, or it is clear that it will not be. */
  readonly result: Promise<ExchangeResult>;
}
