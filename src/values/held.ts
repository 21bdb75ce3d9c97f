import type { Instant } from "../clock.ts";
import type { LedgerPoint, Selector } from "../purge/ledger.ts";
import type { Entry, Mark } from "../store.ts";
import type { Schema } from "./schema.ts";

/** Whose values they are: each cache has one of its own, so that none takes another's value from a store they share. */
export interface Owner {
  /** What the instants of its values are counted from, so that they are small numbers. */
  readonly bornAt: Instant;
}

/**
 * How a value is handed out and written. `fixed`: as it is, nobody can change it. `copied`: a copy for each reader. Both
 * may be `json`: JSON alone carries the value. `packed`: its bytes, by the owner's own serializer, read for each reader.
 */
export type Form = "fixed" | "fixed-json" | "copied" | "copied-json" | "packed";

/** What is known of a value besides itself. */
export interface Facts {
  /** How long it was to be fresh, in milliseconds. */
  readonly ttl: number;
  /** How long it is kept beyond that, in milliseconds. */
  readonly grace: number;
  /** How long its producer took, in milliseconds. */
  readonly cost: number;
}

export interface HeldContent {
  readonly owner: Owner;
  readonly form: Form;
  readonly value: unknown;
  readonly facts: Facts;
  readonly point: LedgerPoint;
  readonly labels: readonly Selector[];
  readonly expiresAt: Instant;
  /** Until when nobody need ask whether to renew it early. */
  readonly calmUntil: Instant;
  readonly stamp: string | number;
  readonly size: number;
}

const NO_LABELS: readonly Selector[] = [];

/**
 * A value in this process, as an entry of a store. A class, and flat, since there is one for each value in memory: instants
 * are counted from the owner's birth, which lets engines keep them without a box, and what an entry needs beyond that is
 * made when somebody asks.
 */
export class Held implements Entry {
  readonly owner: Owner;
  readonly form: Form;
  readonly value: unknown;
  readonly ttl: number;
  readonly grace: number;
  readonly cost: number;
  readonly epoch: string;
  readonly position: number;
  readonly labels: readonly Selector[];
  readonly size: number;
  /** The write that made it; a number is one of this owner's. */
  readonly madeBy: string | number;
  /** Counted from the owner's birth, as is the next. */
  readonly endsAfter: number;
  calmAfter: number;
  /** The last generation of the owner's knowledge in which it was found current. */
  checked = 0;
  /** The last schema that it was found to fit. */
  schema: Schema<unknown> | undefined = undefined;

  constructor({ owner, form, value, facts, point, labels, expiresAt, calmUntil, stamp, size }: HeldContent) {
    this.owner = owner;
    this.form = form;
    this.value = value;
    this.ttl = Math.round(facts.ttl);
    this.grace = Math.round(facts.grace);
    this.cost = Math.round(facts.cost);
    this.epoch = point.epoch;
    this.position = point.position;
    this.labels = labels.length === 0 ? NO_LABELS : labels;
    this.size = Math.ceil(size);
    this.madeBy = stamp;
    this.endsAfter = Math.round(expiresAt) - owner.bornAt;
    this.calmAfter = Math.round(calmUntil) - owner.bornAt;
  }

  get expiresAt(): Instant {
    return this.owner.bornAt + this.endsAfter;
  }

  get freshUntil(): Instant {
    return this.expiresAt - this.grace;
  }

  get mark(): Mark {
    return { epoch: this.epoch, position: this.position, labels: this.labels };
  }

  get facts(): Facts {
    return { ttl: this.ttl, grace: this.grace, cost: this.cost };
  }

  get body(): null {
    return null;
  }
}
