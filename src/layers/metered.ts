import { systemClock, type Clock, type Seconds } from "../clock.ts";
import { cannot } from "../errors.ts";
import type { StoreOperation } from "../events.ts";
import type { Store } from "../store.ts";
import { aroundCalls } from "./around.ts";

/** What one kind of call came to. */
export interface Meter {
  readonly store: string;
  readonly operation: StoreOperation;
  /** The group of its keys. */
  readonly group: string;
  calls: number;
  errors: number;
  /** Keys asked for by `get` that were there, and that were not. */
  hits: number;
  misses: number;
  /** Seconds that calls took together, and how many took at most 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500 ms, 1 s and 2.5 s. */
  seconds: number;
  readonly buckets: number[];
}

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface MetricsOptions {
  /**
   * The group that a key counts for.
   *
   * @defaultValue what stands before the first `:` behind prefix and version
   */
  readonly groupOf?: (key: string) => string;
  /** Groups beyond these count as `other`: keys come from outside, and must not be able to fill memory. @defaultValue 100 */
  readonly maxGroups?: number;
  readonly clock?: Clock;
}

/** Counts what stores do. */
export interface Metrics {
  /** The store, counted. A `peek` that finds something counts as a `get`; one that does not is followed by that `get`. */
  metered<Body>(store: Store<Body>): Store<Body>;
  /** All meters as they stand. */
  read(): readonly Readonly<Meter>[];
  /** All meters in the text format of Prometheus, version 0.0.4. */
  text(): string;
}

const OTHER = "other";

/** @throws {RangeError} if `maxGroups` is no positive whole number */
export function metrics({
  groupOf = groupOfKey,
  maxGroups = 100,
  clock = systemClock,
}: MetricsOptions = {}): Metrics {
  if (!Number.isInteger(maxGroups) || maxGroups < 1) {
    throw new RangeError(cannot("make metrics", "maxGroups must be a positive whole number", maxGroups));
  }
  const meters = new Map<string, Meter>();
  const groups = new Set<string>();

  function groupFor(keys: readonly string[]): string {
    const [first] = keys;
    if (first === undefined) return "";
    const group = groupOf(first).slice(0, 64);
    if (groups.has(group)) return group;
    if (groups.size >= maxGroups) return OTHER;
    groups.add(group);
    return group;
  }

  function meterFor(store: string, operation: StoreOperation, keys: readonly string[]): Meter {
    const group = groupFor(keys);
    const id = JSON.stringify([store, operation, group]);
    const known = meters.get(id);
    if (known !== undefined) return known;
    const buckets = BUCKETS.map(() => 0);
    const meter = { store, operation, group, calls: 0, errors: 0, hits: 0, misses: 0, seconds: 0, buckets };
    meters.set(id, meter);
    return meter;
  }

  function counted<Body>(store: Store<Body>): Store<Body> {
    return aroundCalls(store, async (operation, call, keys) => {
      const meter = meterFor(store.name, operation, keys);
      const startedAt = clock();
      meter.calls += 1;
      try {
        const outcome = await call();
        if (operation === "get") countFound(meter, outcome);
        return outcome;
      } catch (error) {
        meter.errors += 1;
        throw error;
      } finally {
        countTime(meter, Math.max(clock() - startedAt, 0) / 1_000);
      }
    });
  }

  return {
    metered(store) {
      const { peek, ...others } = counted(store);
      if (peek === undefined) return others;
      return {
        ...others,
        peek(key, now) {
          const entry = peek(key, now);
          if (entry === undefined) return undefined;
          const meter = meterFor(store.name, "get", [key]);
          meter.calls += 1;
          countFound(meter, entry);
          countTime(meter, 0);
          return entry;
        },
      };
    },
    read: () => [...meters.values()],
    text: () => prometheusText([...meters.values()]),
  };
}

function countTime(meter: Meter, took: Seconds): void {
  meter.seconds += took;
  for (const [index, bound] of BUCKETS.entries()) {
    if (took <= bound) meter.buckets[index] = (meter.buckets[index] ?? 0) + 1;
  }
}

function countFound(meter: Meter, outcome: unknown): void {
  const found: readonly unknown[] = Array.isArray(outcome) ? outcome : [outcome];
  const hits = found.filter((entry) => entry !== undefined).length;
  meter.hits += hits;
  meter.misses += found.length - hits;
}

/** `shop:3:user:7` is of `user`; a list counts by its first part. */
function groupOfKey(key: string): string {
  const own = /^[\w.-]{1,64}:[\w.-]{1,64}:(.*)$/su.exec(key)?.[1] ?? key;
  return /^\["([\w.-]{1,64})"/.exec(own)?.[1] ?? /^@?([\w./-]{1,64}):/.exec(own)?.[1] ?? "";
}

function prometheusText(meters: readonly Meter[]): string {
  const name = "tidemark_store";
  const lines: string[] = [];
  const family = (
    suffix: string,
    type: string,
    help: string,
    write: (meter: Meter) => readonly string[],
  ): void => {
    lines.push(
      `# HELP ${name}_${suffix} ${help}`,
      `# TYPE ${name}_${suffix} ${type}`,
      ...meters.flatMap(write),
    );
  };
  const counter = (suffix: string, help: string, of: (meter: Meter) => number): void =>
    family(suffix, "counter", help, (meter) => [`${name}_${suffix}{${labels(meter)}} ${of(meter)}`]);
  counter("calls_total", "Calls of stores.", ({ calls }) => calls);
  counter("errors_total", "Calls that failed.", ({ errors }) => errors);
  counter("hits_total", "Keys that were there.", ({ hits }) => hits);
  counter("misses_total", "Keys that were not there.", ({ misses }) => misses);
  family("seconds", "histogram", "How long calls took.", (meter) => [
    ...BUCKETS.map((bound, index) => bucketLine(name, meter, String(bound), meter.buckets[index] ?? 0)),
    bucketLine(name, meter, "+Inf", meter.calls),
    `${name}_seconds_sum{${labels(meter)}} ${meter.seconds}`,
    `${name}_seconds_count{${labels(meter)}} ${meter.calls}`,
  ]);
  return `${lines.join("\n")}\n`;
}

function bucketLine(name: string, meter: Meter, bound: string, count: number): string {
  return `${name}_seconds_bucket{${labels(meter)},le="${bound}"} ${count}`;
}

function labels({ store, operation, group }: Meter): string {
  return `store="${escaped(store)}",operation="${operation}",group="${escaped(group)}"`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? String.raw`\n` : `\\${character}`));
}
