import { parseToken, type Instant, type LedgerPoint } from "../src/index.ts";

/** What a listener may ask over its socket, besides the ping: what has happened since a point. */
export interface Question {
  /** Comes back with the answer. */
  readonly id: string;
  readonly point: LedgerPoint;
}

/** Characters of a message: far more than a question has. */
export const MOST_QUESTION_CHARACTERS = 256;

/** Reads `? id token`; `undefined` for anything else. */
export function readQuestion(message: string): Question | undefined {
  const [, id, token] = /^\? ([\w-]{1,36}) (\S+)$/.exec(message) ?? [];
  const point = parseToken(token);
  return id === undefined || point === undefined ? undefined : { id, point };
}

/** How often something was asked for since an instant. */
interface Count {
  readonly since: Instant;
  readonly times: number;
}

/** How much a listener has asked of late. Kept with its socket, where it outlives the object's sleep. */
export interface Asked {
  readonly questions?: Count;
  /** Those whose answer was the whole ledger. */
  readonly wholes?: Count;
}

/** How often each may be asked for. Tabs share a socket, and some of them may have slept for long. */
const LIMITS = {
  questions: { most: 100, withinMs: 10_000 },
  wholes: { most: 10, withinMs: 60_000 },
} as const;

/** What it has asked with one more; `undefined` = too much. */
export function oneMore(asked: Asked | null, of: keyof Asked, now: Instant): Asked | undefined {
  const { most, withinMs } = LIMITS[of];
  const count = asked?.[of];
  if (count === undefined || now - count.since >= withinMs)
    return { ...asked, [of]: { since: now, times: 1 } };
  return count.times < most ? { ...asked, [of]: { ...count, times: count.times + 1 } } : undefined;
}
