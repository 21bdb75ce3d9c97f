import { report, type OnEvent } from "../events.ts";
import type { Entry, Store } from "../store.ts";
import { gather } from "../stores/gather.ts";
import type { SharedTiers } from "../stores/shared-tiers.ts";
import type { WaitUntil } from "./options.ts";

/** What is to be read from the stores outside. */
export interface FarQuestion {
  readonly key: string;
  /** Refuses an entry, so that a farther store is asked for a better one. */
  readonly accept: (entry: Entry) => boolean;
  readonly waitUntil: WaitUntil | undefined;
}

/** Reads one entry from the stores outside. Rejects never: what fails is reported, and a miss. */
export type FarReader = (question: FarQuestion) => Promise<Entry | undefined>;

/** So many keys that it is worth its while, and so few that nobody waits for long behind them. */
const MOST_KEYS = 256;

/**
 * Where every store can answer for many keys, the reads of one tick go through time limits, breakers and tiers as one: by
 * itself each would pay more for those than for its share of the round trip.
 *
 * @param stores those of the row, each with its time limit and its breaker
 */
export function farReader(far: SharedTiers, stores: readonly Store[], onEvent: OnEvent): FarReader {
  const alone: FarReader = async ({ key, accept, waitUntil }) =>
    (await far.find(key, { accept, waitUntil }))?.entry;
  if (stores.some(({ getMany }) => getMany === undefined)) return alone;
  const [only] = stores;
  if (only !== undefined && stores.length === 1)
    return gather(MOST_KEYS, (questions) => fromOne(only, questions, onEvent));
  return gather(MOST_KEYS, async (questions) => {
    const [first] = questions;
    if (questions.length === 1 && first !== undefined) return [await alone(first)];
    return fromRow(far, questions);
  });
}

/** Reads many different keys at once; answered in their order. Rejects never. */
export type FarBatchReader = (
  keys: readonly string[],
  accept: (entry: Entry, index: number) => boolean,
  waitUntil: WaitUntil | undefined,
) => Promise<Answers>;

/** As `farReader`, for who has many keys at once. */
export function farBatchReader(far: SharedTiers, stores: readonly Store[], onEvent: OnEvent): FarBatchReader {
  const [only] = stores;
  if (stores.length === 1 && only?.getMany !== undefined) {
    return async (keys, accept) => {
      const entries = await allFrom(only, keys, onEvent);
      return keys.map((_, index) => accepted(entries[index], (entry) => accept(entry, index)));
    };
  }
  return async (keys, accept, waitUntil) => {
    const indexOf = new Map(keys.map((key, index) => [key, index]));
    const found = await far.findMany(keys, {
      accept: (entry, key) => accept(entry, indexOf.get(key) ?? -1),
      waitUntil,
    });
    return found.map((each) => each?.entry);
  };
}

type Answers = readonly (Entry | undefined)[];

function accepted(entry: Entry | undefined, accept: FarQuestion["accept"]): Entry | undefined {
  return entry !== undefined && accept(entry) ? entry : undefined;
}

/** A store that fails has been reported, and is empty. */
async function allFrom(store: Store, keys: readonly string[], onEvent: OnEvent): Promise<Answers> {
  const [first] = keys;
  try {
    if (keys.length === 1 && first !== undefined) return [await store.get(first)];
    return (await store.getMany?.(keys)) ?? [];
  } catch (error) {
    report(onEvent, { type: "store-error", store: store.name, operation: "get", error });
    return [];
  }
}

/** There is no nearer store to promote to, and no farther one to ask. */
async function fromOne(store: Store, questions: readonly FarQuestion[], onEvent: OnEvent): Promise<Answers> {
  const entries = await allFrom(
    store,
    questions.map(({ key }) => key),
    onEvent,
  );
  return questions.map(({ accept }, index) => accepted(entries[index], accept));
}

async function fromRow(far: SharedTiers, questions: readonly FarQuestion[]): Promise<Answers> {
  const byKey = Map.groupBy(questions, ({ key }) => key);
  const refused = new Set<FarQuestion>();
  const accept = (entry: Entry, key: string): boolean => {
    let isAccepted = false;
    for (const question of byKey.get(key) ?? []) {
      if (question.accept(entry)) {
        isAccepted = true;
        refused.delete(question);
      } else refused.add(question);
    }
    return isAccepted;
  };
  const found = await far.findMany([...byKey.keys()], { accept, waitUntil: keepAlive(questions) });
  const entries = new Map([...byKey.keys()].map((key, index) => [key, found[index]?.entry]));
  return questions.map((question) => (refused.has(question) ? undefined : entries.get(question.key)));
}

/** Work goes to everybody who asked for it to be kept going; `undefined` where nobody did. */
function keepAlive(questions: readonly FarQuestion[]): WaitUntil | undefined {
  const all = new Set<WaitUntil>();
  for (const { waitUntil } of questions) if (waitUntil !== undefined) all.add(waitUntil);
  return all.size === 0 ? undefined : (work) => all.forEach((waitUntil) => waitUntil(work));
}
