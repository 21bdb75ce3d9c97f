/** A length of time in seconds: the unit of HTTP, Redis, KV and Django. May be fractional inside the library. */
export type Seconds = number;

/** A point in time, in milliseconds since the epoch. Names of instants end in `At`. */
export type Instant = number;

/** Where the time comes from. Every rule takes it as an argument, so that a test is a table of instants. */
export type Clock = () => Instant;

/** The machine's own clock: what shells pass in when nobody asks for another. */
export const systemClock: Clock = () => Date.now();

/** Where chance comes from: a number from 0 up to, but not, 1. Given one with a seed, what depends on chance can be repeated. */
export type Random = () => number;

/** The machine's own. */
export const systemRandom: Random = () => Math.random();
