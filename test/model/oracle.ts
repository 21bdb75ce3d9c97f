import type { Entry, LedgerPoint } from "../../src/index.ts";
import type { Resource } from "./site.ts";

/** A law that did not hold, by its number in the docs, and what was seen. */
export interface Violation {
  readonly law: number;
  readonly what: string;
}

/** Who holds a copy of the ledger, and what it is promised: an isolate of the edge, or a page. Times are milliseconds. */
export interface Party {
  readonly name: string;
  /** How old its knowledge may be while whom it asks can be reached, and while not. */
  readonly bound: number;
  readonly maxBlind: number;
  /** Who shares a question waits so long for its answer, and then asks anew. */
  readonly patience: number;
  /** Whom it asks, where that is not the ledger. */
  readonly sources: readonly Party[];
  /** Purges that have reached it. */
  readonly known: Set<Purge>;
  readonly questions: Question[];
  /** How far its clock was set back, in all: its snapshot may be older by that. */
  setBack: number;
}

interface Question {
  readonly askedAt: number;
  endedAt: number | undefined;
  hasFailed: boolean;
}

/** A purge, or the loss of the ledger (at position 0 of the next): that covers everything too. */
export interface Purge {
  readonly name: string;
  readonly covers: string;
  readonly isSoft: boolean;
  readonly point: LedgerPoint;
  /** When it took its place in the ledger, in the order of all events. */
  readonly committed: number;
  acknowledged: { readonly event: number; readonly at: number } | undefined;
}

/** What the origin said once, and the ledger as it was then. */
interface Reply {
  readonly event: number;
  readonly resource: Resource;
  readonly body: string;
  readonly ledger: LedgerPoint;
  /** The first entry that was made of it: the others are copies. */
  original: Entry | undefined;
}

/** A read under way. */
export interface Read {
  readonly party: Party;
  readonly resource: Resource;
  readonly body: string;
  readonly event: number;
  readonly startedAt: number;
  /** Purges that it must heed, whatever happens; and if whom it asks can be reached. */
  readonly musts: ReadonlySet<Purge>;
  readonly shoulds: ReadonlySet<Purge>;
}

/** What a reader got. */
export interface Answer {
  readonly serial: number;
  readonly text: string;
  readonly cacheStatus: string;
}

/** A question that takes so long has failed. */
const LIMIT = 1_000;

/** @param limits in seconds */
export function newParty(
  name: string,
  limits: { readonly bound: number; readonly maxBlind: number; readonly patience: number },
  sources: readonly Party[] = [],
): Party {
  const [bound, maxBlind, patience] = [limits.bound, limits.maxBlind, limits.patience].map(
    (each) => each * 1_000,
  );
  return {
    name,
    bound: bound ?? 0,
    maxBlind: maxBlind ?? 0,
    patience: patience ?? 0,
    sources,
    known: new Set(),
    questions: [],
    setBack: 0,
  };
}

/** Knows for each read what it may be answered with. It follows the order of events, and knows nothing of caches. */
export function oracle(now: () => number) {
  let events = 0;
  let isClockSet = false;
  const purges: Purge[] = [];
  const replies: Reply[] = [];

  /** For how long after its acknowledgement a purge may be unknown to the party. */
  function latest(party: Party, isCutOff: boolean): number {
    const own = (isCutOff ? party.maxBlind : party.bound) + party.setBack;
    return own + Math.max(0, ...party.sources.map((source) => latest(source, isCutOff)));
  }

  return {
    isPurged: (name: string): boolean => purges.some(({ covers }) => covers.includes(name)),

    /** The number of an event that happens now. */
    happens: (): number => ++events,

    setClock(party: Party, by: number): void {
      isClockSet = true;

      party.setBack += Math.max(0, -by);
    },

    /** The origin answers: the serial number of its answer. */
    replied(resource: Resource, body: string, { epoch, position }: LedgerPoint): number {
      replies.push({ event: ++events, resource, body, ledger: { epoch, position }, original: undefined });
      return replies.length - 1;
    },

    /** An entry is written. */
    kept(serial: number, entry: Entry): Violation | undefined {
      const reply = replies[serial];
      if (reply === undefined) return undefined;
      const { mark } = entry;
      if (mark.epoch === reply.ledger.epoch && mark.position > reply.ledger.position) {
        const asked = `the origin was asked at ${reply.ledger.position}`;
        return { law: 2, what: `${reply.body} is kept with the mark ${mark.position}, and ${asked}` };
      }
      const original = (reply.original ??= entry);
      const isCopy =
        isSame(original.mark, mark) &&
        isSame(original.facts, entry.facts) &&
        isSame(original.body, entry.body);
      return isCopy ? undefined : { law: 3, what: `a copy of ${reply.body} differs from its original` };
    },

    committed(purge: Omit<Purge, "committed" | "acknowledged">, event: number): void {
      const { epoch, position } = purge.point;
      purges.push({ ...purge, point: { epoch, position }, committed: event, acknowledged: undefined });
    },

    /** Its sender has heard that it holds. */
    acknowledged({ epoch, position }: LedgerPoint): Purge | undefined {
      const purge = purges.find(({ point }) => point.epoch === epoch && point.position === position);
      if (purge !== undefined) purge.acknowledged ??= { event: ++events, at: now() };
      return purge;
    },

    asks(party: Party): { heard(point: LedgerPoint): void; failed(): void } {
      const question: Question = { askedAt: now(), endedAt: undefined, hasFailed: false };
      party.questions.push(question);
      return {
        heard({ epoch, position }) {
          question.endedAt = now();
          if (question.endedAt - question.askedAt >= party.patience) return;
          for (const purge of purges)
            if (purge.point.epoch === epoch && purge.point.position <= position) party.known.add(purge);
        },
        failed() {
          question.endedAt = now();
          question.hasFailed = true;
        },
      };
    },

    /** The ledger has told the party of a purge by itself. */
    told(party: Party, { epoch, position }: LedgerPoint): void {
      for (const purge of purges)
        if (purge.point.epoch === epoch && purge.point.position === position) party.known.add(purge);
    },

    /** @param token the purges that the reader has seen */
    begins(party: Party, resource: Resource, body: string, token: LedgerPoint | undefined): Read {
      const seen = purges.filter(
        ({ point }) => token !== undefined && point.epoch === token.epoch && point.position <= token.position,
      );
      const shoulds = new Set([...party.known, ...seen]);
      // Where the ledger cannot be asked, nobody can tell which of two epochs is the later one.
      const isOneEpoch = purges.every(({ point }) => point.position > 0);
      const isEdge = party.sources.length === 0;
      const musts = isOneEpoch ? shoulds : new Set(isEdge ? party.known : []);
      return { party, resource, body, event: ++events, startedAt: now(), musts, shoulds };
    },

    /** What is wrong with an answer, if anything. */
    judge(
      { party, resource, body, event, startedAt, musts, shoulds }: Read,
      answer: Answer,
    ): Violation | undefined {
      const { serial, text, cacheStatus } = answer;
      const reply = replies[serial];
      if (reply === undefined || reply.resource !== resource || !text.startsWith(`${body} `))
        return { law: 0, what: `${party.name} asked for ${body} and got ${text}` };
      if (text !== reply.body) return { law: 3, what: `${text} has the header of ${reply.body}` };
      const isCutOff = wasCutOff(party, startedAt, now());
      const limit = latest(party, isCutOff);
      const isDue = ({ acknowledged }: Purge): boolean =>
        acknowledged !== undefined && acknowledged.event < event && startedAt - acknowledged.at >= limit;
      for (const purge of purges) {
        if (!purge.covers.includes(resource.name) || reply.event > purge.committed) continue;
        const isKnown = musts.has(purge) || (shoulds.has(purge) && !isCutOff);
        if (!isKnown && !isDue(purge)) continue;
        const what = `${party.name} gets ${text}, from before the ${purge.isSoft ? "soft " : ""}purge of ${purge.name}`;
        if (purge.isSoft && isShownAsStale(cacheStatus, resource)) continue;
        if (purge.isSoft) return { law: 8, what: `${what}, as if it were fresh` };
        if (cacheStatus.includes("collapsed")) return { law: 4, what };
        if (isShownAsStale(cacheStatus, resource)) return { law: 8, what };
        if (!isDue(purge)) return { law: 6, what };
        return { law: isClockSet ? 11 : 1, what };
      }
      return undefined;
    },
  };
}

export type Oracle = ReturnType<typeof oracle>;

/**
 * Whether a party was cut off from whom it asks at some time of a span: from a question that fails or takes too long, until
 * the next one that is answered.
 */
function wasCutOff({ questions, patience, bound, sources }: Party, from: number, to: number): boolean {
  let isCutOff = false;
  for (const { askedAt, endedAt, hasFailed } of questions) {
    if (askedAt > to) break;
    const took = (endedAt ?? to) - askedAt;
    const isBad = hasFailed || took >= patience;
    const isOver = endedAt !== undefined && endedAt < from;
    if ((isBad || isCutOff) && !isOver) return true;
    if (isOver) isCutOff = hasFailed || took >= LIMIT || (isBad && isCutOff);
  }
  return isCutOff || sources.some((source) => wasCutOff(source, from - bound, to));
}

/** Whether an answer says that it is stale, and may be: within a stale window, or because the origin is away. */
function isShownAsStale(cacheStatus: string, { mayBeStale }: Resource): boolean {
  const isOwn = (member: string): boolean =>
    /;(?:hit|collapsed|detail=(?:stale-if-error|offline))\b/.test(member);
  const decisive = cacheStatus.split(", ").findLast(isOwn);
  if (decisive === undefined) return false;
  if (decisive.includes("detail=offline")) return true;
  const ttl = /;ttl=(-?\d+)/.exec(decisive)?.[1];
  return (
    mayBeStale && (decisive.includes("detail=stale-if-error") || (ttl !== undefined && Number(ttl) <= 0))
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
