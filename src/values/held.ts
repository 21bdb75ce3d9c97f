import type { Instant } from "../clock.ts";
import type { LedgerPoint } from "../purge/ledger.ts";
import type { Entry, Mark } from "../store.ts";
import { Slot } from "../stores/recency.ts";
import type { Schema } from "./schema.ts";

/** Whose values they are: each cache has one of its own, so that none takes another's value from a store they share. */
export interface Owner {
  /** What the instants of its values are counted from, so that they are small numbers; `NaN` = it has had none yet. */
  bornAt: Instant;
}

/**
 * How a value is handed out and written. `fixed`: as it is, nobody can change it. `copied`: a copy for each reader. Both
 * may be `json`: JSON alone carries the value. `packed`: its bytes, by the owner's own serializer, read for each reader.
 */
export type Form = "fixed" | "fixed-json" | "copied" | "copied-json" | "packed";

/** What is known of a value besides itself. */
export interface Facts {
  /** How long it was to be fresh, in milliseconds, before chance shortened that. */
  readonly ttl: number;
  /** How long it is kept beyond that, in milliseconds. */
  readonly grace: number;
  /** How long its producer took, in milliseconds. */
  readonly cost: number;
}

/** What many values have in common: one object for all of them. */
export interface Life extends Facts {
  readonly owner: Owner;
  readonly form: Form;
  /** How long before the end of its time somebody has to ask what to do with it: its grace, and what early refreshes need. */
  readonly asksBefore: number;
  /** A schema that it fits. */
  readonly schema: Schema<unknown> | undefined;
}

/** The highest number that engines keep in place. */
const MOST_SMALL = 2 ** 31 - 1;

/**
 * A value in this process, as an entry of a store, and a slot of a store in memory. A class, and flat, since there is one for
 * each value in memory: what values have in common is shared, and instants are counted from the owner's birth, which lets
 * engines keep them in place.
 */
export class Held extends Slot implements Entry {
  readonly value: unknown;
  readonly mark: Mark;
  /** Bytes in memory. */
  readonly size: number;
  /** When its time is over, from the owner's birth. */
  readonly endsAfter: number;
  /** Changes with the schema that it is found to fit, and with nothing else. */
  life: Life;
  /** The last generation of the owner's knowledge in which it was found current. */
  checked = 0;

  constructor(
    value: unknown,
    { life, mark, size, expiresAt }: Pick<Held, "life" | "mark" | "size" | "expiresAt">,
  ) {
    super();
    const endsAfter = Math.round(expiresAt - life.owner.bornAt);
    this.value = value;
    this.mark = mark;
    this.size = size;
    this.endsAfter = Math.abs(endsAfter) < MOST_SMALL ? endsAfter | 0 : endsAfter;
    this.life = life;
  }

  get expiresAt(): Instant {
    return this.life.owner.bornAt + this.endsAfter;
  }

  get freshUntil(): Instant {
    return this.expiresAt - this.life.grace;
  }

  get facts(): Facts {
    const { ttl, grace, cost } = this.life;
    return { ttl, grace, cost };
  }

  get body(): null {
    return null;
  }
}

/** A value that is in stores outside, too, which know it by the write that made it. */
export class Stamped extends Held {
  /** A number is one of this owner's. */
  readonly madeBy: string | number;

  constructor(
    value: unknown,
    { madeBy, ...rest }: Pick<Stamped, "life" | "mark" | "size" | "expiresAt" | "madeBy">,
  ) {
    super(value, rest);
    this.madeBy = madeBy;
  }
}

/** Keeps what values have in common once. */
export interface Sharing {
  life(life: Life): Life;
  mark(point: LedgerPoint, labels: Mark["labels"]): Mark;
}

/** How many lives are remembered; more than this are simply not shared. */
const MOST_LIVES = 16;

/** Looks at the last few: values that are kept one after another are mostly alike. */
export function sharing(): Sharing {
  const lives: Life[] = [];
  let nextLife = 0;
  let lastLife: Life | undefined;
  let lastMark: Mark = { epoch: "", position: 0, labels: [] };
  return {
    life(wanted) {
      if (lastLife !== undefined && isSameLife(lastLife, wanted)) return lastLife;
      lastLife = lives.find((life) => isSameLife(life, wanted)) ?? wanted;
      if (lastLife !== wanted) return lastLife;
      lives[nextLife] = wanted;
      nextLife = (nextLife + 1) % MOST_LIVES;
      return wanted;
    },
    mark({ epoch, position }, labels) {
      if (!isSameMark(lastMark, epoch, position, labels)) lastMark = { epoch, position, labels };
      return lastMark;
    },
  };
}

function isSameLife(one: Life, other: Life): boolean {
  return (
    one.ttl === other.ttl &&
    one.grace === other.grace &&
    one.cost === other.cost &&
    one.asksBefore === other.asksBefore &&
    one.form === other.form &&
    one.schema === other.schema &&
    one.owner === other.owner
  );
}

function isSameMark(one: Mark, epoch: string, position: number, labels: Mark["labels"]): boolean {
  return (
    one.position === position &&
    one.epoch === epoch &&
    one.labels.length === labels.length &&
    one.labels.every((label, index) => label === labels[index])
  );
}
