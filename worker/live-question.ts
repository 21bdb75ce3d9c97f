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

/** How much a listener has asked of late. Kept with its socket, where it outlives the object's sleep. */
export interface Asked {
  readonly since: Instant;
  readonly questions: number;
}

const WINDOW_MS = 10_000;
const QUESTIONS_PER_WINDOW = 100;

/** What it has asked with one question more; `undefined` = too much. */
export function oneMore(asked: Asked | null, now: Instant): Asked | undefined {
  if (asked === null || now - asked.since >= WINDOW_MS) return { since: now, questions: 1 };
  return asked.questions < QUESTIONS_PER_WINDOW ? { ...asked, questions: asked.questions + 1 } : undefined;
}
