import {
  applyDelta,
  cannot,
  deltaOf,
  deltaSince,
  EVERYTHING,
  fitKey,
  idempotencyConflict,
  isEpoch,
  KEY_LIFE_MS,
  logged,
  loggedSelectors,
  orderName,
  readLogged,
  systemClock,
  toSeconds,
  type Clock,
  type Duration,
  type Instant,
  type Ledger,
  type LedgerDelta,
  type LoggedPurge,
  type PurgeOrder,
  type PurgeReceipt,
  type Snapshot,
} from "../src/index.ts";

/** Options of {@link kvLedger}. */
export interface KvLedgerOptions {
  /** Which ledger: all its keys begin with it. @defaultValue "tidemark:" */
  readonly prefix?: string;
  /**
   * The ledger's identity, as a namespace cannot give itself one: after its keys were lost, choose another, and everything
   * stored before counts as purged. 1 to 64 letters, digits, `-` or `_`.
   *
   * @defaultValue "kv"
   */
  readonly epoch?: string;
  /**
   * How long a purge is kept: at least as long as any entry may live, its stale windows included. Older entries count as
   * purged.
   *
   * @defaultValue "31d"
   */
  readonly retention?: Duration;
  /**
   * How far apart the clocks of two machines may be. What is stored within this time after a purge that covers it counts
   * as purged, too.
   *
   * @defaultValue "5s"
   */
  readonly skew?: Duration;
  /** What to expect of the platform until a purge is visible everywhere. @defaultValue "60s" */
  readonly lag?: Duration;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
}

/** What stands beside a purge's key, and comes with the list of keys; selectors that do not fit stand in its value. */
interface Note {
  readonly mode: LoggedPurge["mode"];
  readonly selectors: readonly string[];
}

const MAX_KEY_BYTES = 512;
const MAX_NOTE_BYTES = 1_024;
const SHORTEST_LIFE = 60;
const DAY = 86_400;
/** Positions count down in the names of keys, so that the newest are listed first. */
const LAST_POSITION = 9_999_999_999_999;
const OWN_NAME = /^\d{13}-/;
/** A purge may become visible after younger ones: so often, and so far back, the whole list is read again. */
const RELISTED_MS = 600_000;
/** Keys of orders that this isolate remembers by itself: KV does not show at once what was written. */
const REMEMBERED = 1_000;

/**
 * The ledger in Workers KV: best effort, and nothing more. A purge is usually visible everywhere within 60 s, and KV sets
 * no limit to it; two orders at once under one idempotency key may both be carried out. What is never the case all the
 * same: that a purge is lost because another was written beside it, since each has a key of its own, or that a response
 * whose origin was asked before a purge is served by who knows of the purge, as long as clocks differ by less than `skew`.
 *
 * Positions are milliseconds. Each question lists keys, which KV counts and bills: give the view a bound of a minute or
 * so. Calls reject when KV does, and a purge that rejected may have been carried out all the same.
 *
 * @throws {TypeError | RangeError} if a duration or the epoch cannot be read
 */
export function kvLedger(
  namespace: KVNamespace,
  {
    prefix = "tidemark:",
    epoch = "kv",
    retention = "31d",
    skew = "5s",
    lag = "60s",
    clock = systemClock,
  }: KvLedgerOptions = {},
): Required<Ledger> {
  if (!isEpoch(epoch))
    throw new RangeError(cannot("open a ledger", "an epoch is 1 to 64 of A-Z a-z 0-9 - _", epoch));
  const keepFor = toSeconds(retention, "retention");
  const margin = toSeconds(skew, "skew") * 1_000;
  const purges = `${prefix}purge:`;
  /** All that was ever seen: a later list may come from elsewhere, and lack some of it. */
  let known: Snapshot = { epoch, position: 0, floor: 0, asOf: 0, selectors: new Map() };
  let seen: ReadonlySet<string> = new Set();
  let listedAt: Instant | undefined;
  let lastPosition = 0;
  const orders = new Map<string, string>();

  /** All purges, the newest first, page by page. */
  async function* pages() {
    for (let cursor: string | null = null, isLast = false; !isLast;) {
      const page: KVNamespaceListResult<unknown> = await namespace.list<unknown>({ prefix: purges, cursor });
      yield page.keys.filter(({ name }) => OWN_NAME.test(name.slice(purges.length)));
      isLast = page.list_complete;
      cursor = page.list_complete ? null : page.cursor;
    }
  }

  function positionOf(name: string): number {
    return LAST_POSITION - Number(name.slice(purges.length, purges.length + String(LAST_POSITION).length));
  }

  /**
   * The rows of one purge. What is listed and cannot be read may have been any purge: it counts as one of everything. None
   * is of the future; its name may say so if it is not the ledger's, and then nothing would ever be current again.
   */
  async function rowsOf(name: string, note: unknown, now: Instant): Promise<LedgerDelta["changes"]> {
    const order = readNote(note) ?? readNote(await valueOf(name));
    const position = positionOf(name);
    if (order === undefined) return [[EVERYTHING, Math.min(position, now), 0]];
    const [hard, soft] = order.mode === "soft" ? [0, position] : [position, 0];
    return order.selectors.map((selector) => [selector, hard, soft] as const);
  }

  async function valueOf(name: string): Promise<unknown> {
    const text = await namespace.get(name);
    try {
      return text === null ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  /** Takes in what is new since the last list. */
  async function catchUp(now: Instant): Promise<void> {
    const isWhole = listedAt === undefined || now - listedAt >= RELISTED_MS || now < listedAt;
    const horizon = isWhole || listedAt === undefined ? 0 : listedAt - RELISTED_MS;
    const floor = Math.max(known.floor, now - margin - keepFor * 1_000, 0);
    const news = new Map<string, unknown>();
    for await (const keys of pages()) {
      for (const { name, metadata } of keys)
        if (!seen.has(name) && positionOf(name) > floor) news.set(name, metadata);
      const oldest = keys.at(-1);
      if (oldest !== undefined && positionOf(oldest.name) < horizon) break;
    }
    const rows = await Promise.all(Array.from(news, ([name, note]) => rowsOf(name, note, now)));
    learn(rows.flat(), now - margin, floor);
    seen = new Set([...seen, ...news.keys()].filter((name) => positionOf(name) > floor));
    if (isWhole) listedAt = now;
  }

  function learn(changes: LedgerDelta["changes"], upTo: number, floor: number): void {
    const position = Math.max(known.position, upTo);
    known = applyDelta(known, { epoch, position, floor, since: known.position, changes }, 0) ?? known;
  }

  async function firstReceipt(order: PurgeOrder, key: string): Promise<PurgeReceipt | undefined> {
    const text = orders.get(key) ?? (await namespace.get(key));
    if (text === null) return undefined;
    const { name, receipt } = JSON.parse(text) as { name: string; receipt: PurgeReceipt }; // As `remember` wrote it.
    if (name !== orderName(order)) throw idempotencyConflict();
    return receipt.epoch === epoch ? { ...receipt, isReplay: true } : undefined;
  }

  async function remember(order: PurgeOrder, receipt: PurgeReceipt, key: string): Promise<void> {
    const text = JSON.stringify({ name: orderName(order), receipt });
    orders.set(key, text);
    for (const oldest of orders.keys()) if (orders.size > REMEMBERED) orders.delete(oldest);
    // The purge stands. Without this, it would be carried out once more if it came again.
    await namespace.put(key, text, { expirationTtl: KEY_LIFE_MS / 1_000 }).catch(() => undefined);
  }

  return {
    lag: toSeconds(lag, "lag"),

    async since() {
      await catchUp(clock());
      return deltaSince(known, undefined);
    },

    async purge(order) {
      const selectors = [...new Set(order.selectors)];
      if (selectors.length === 0)
        throw new TypeError(cannot("purge", "an order names at least one selector", "none"));
      const { idempotencyKey, mode } = order;
      const key =
        idempotencyKey === undefined
          ? undefined
          : await fitKey(`${prefix}order:${idempotencyKey}`, MAX_KEY_BYTES);
      const replay = key === undefined ? undefined : await firstReceipt(order, key);
      if (replay !== undefined) return replay;

      const now = clock();
      const position = (lastPosition = Math.max(lastPosition + 1, now));
      const entry = { ...logged(order), selectors, position, orderedAt: now };
      const note: Note = { mode, selectors };
      const down = String(LAST_POSITION - position).padStart(String(LAST_POSITION).length, "0");
      await namespace.put(`${purges}${down}-${crypto.randomUUID()}`, JSON.stringify(entry), {
        expirationTtl: Math.max(Math.ceil(keepFor) + DAY, SHORTEST_LIFE),
        metadata: bytesOf(note) <= MAX_NOTE_BYTES ? note : { mode },
      });
      const receipt = { epoch, position, selectors: selectors.length };
      // This place may see its own key as late as others do.
      learn(deltaOf(order, receipt).changes, 0, 0);
      if (key !== undefined) await remember(order, receipt, key);
      return receipt;
    },

    async history({ limit, before = Number.POSITIVE_INFINITY }) {
      const names: string[] = [];
      for await (const keys of pages()) {
        names.push(...keys.map(({ name }) => name).filter((name) => positionOf(name) < before));
        if (names.length >= limit) break;
      }
      const entries = await Promise.all(names.slice(0, limit).map(valueOf));
      return entries.flatMap((entry) => readEntry(entry) ?? []);
    },
  };
}

/** `undefined` where there is none, or it is without its selectors. */
function readNote(value: unknown): Note | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { mode, selectors }: Partial<Record<keyof Note, unknown>> = value;
  if (!Array.isArray(selectors) || selectors.length === 0) return undefined;
  if (!selectors.every((selector) => typeof selector === "string")) return undefined;
  return { mode: mode === "soft" ? "soft" : "hard", selectors };
}

/** As the log tells of it: long lists of selectors are cut there. */
function readEntry(value: unknown): LoggedPurge | undefined {
  const entry = readLogged(value);
  return entry && { ...entry, selectors: loggedSelectors(entry.selectors) };
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}
