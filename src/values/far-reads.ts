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

type Answers = readonly (Entry | undefined)[];

/** There is no nearer store to promote to, and no farther one to ask. */
async function fromOne(store: Store, questions: readonly FarQuestion[], onEvent: OnEvent): Promise<Answers> {
  const [first] = questions;
  try {
    const entries =
      questions.length === 1 && first !== undefined
        ? [await store.get(first.key)]
        : await store.getMany?.(questions.map(({ key }) => key));
    return questions.map(({ accept }, index) => {
      const entry = entries?.[index];
      return entry !== undefined && accept(entry) ? entry : undefined;
    });
  } catch (error) {
    report(onEvent, { type: "store-error", store: store.name, operation: "get", error });
    return questions.map(() => undefined);
  }
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
