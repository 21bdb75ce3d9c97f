import type { Instant } from "../clock.ts";
import type { Entry } from "../store.ts";
import { cannot } from "../errors.ts";
import type { Core } from "./core.ts";
import { lockText } from "./keys.ts";
import type { LockSettings } from "./settings.ts";

/** A lock that one process has, of all that share the last tier. */
export interface Lock {
  /** Names this holder: no other, and no later one, has it. */
  readonly token: string;
  /** Until when nobody else can have it, by this process's clock. */
  readonly until: Instant;
  /** Gives it back, if it is still this holder's; resolves to whether it was. */
  release(): Promise<boolean>;
}

/** Waiting grows from here to there, in milliseconds, each time by a random part. */
const FIRST_WAIT = 5;
const LONGEST_WAIT = 50;

/** What is published where a lock is given back or what it stood for is there. */
const FREED = "freed:";

/**
 * Tries to take a lock, once.
 *
 * @throws {TypeError} if the last tier cannot write only where nothing is
 */
export async function tryLock(core: Core, text: string, { ttl }: LockSettings): Promise<Lock | undefined> {
  const store = core.far ?? core.hot;
  const { add, replace } = store ?? {};
  if (store === undefined || add === undefined || replace === undefined) {
    throw new TypeError(cannot("take a lock", "the last tier needs add and replace", store?.name));
  }
  const key = core.spaced(lockText(text));
  const token = `${core.name}.${(core.nextWrite += 1)}`;
  // Counted from before the question: the holder's own time ends before the store's.
  const until = core.clock() + ttl;
  const entry: Entry = {
    mark: { epoch: "", position: 0, labels: [] },
    expiresAt: until,
    facts: { kind: "lock" },
    body: null,
    stamp: token,
  };
  if (!(await add.call(store, key, entry, ttl / 1_000))) return undefined;
  return {
    token,
    until,
    async release() {
      const released = await replace.call(store, key, entry, 0, token);
      publish(core, FREED + key);
      return released && core.clock() < until;
    },
  };
}

/** Takes a lock, waiting for it as long as the settings say; `undefined` = others had it all the while. */
export async function waitForLock(
  core: Core,
  text: string,
  settings: LockSettings,
): Promise<Lock | undefined> {
  const until = core.clock() + settings.wait;
  const bell = bellOf(core, text);
  try {
    for (let turn = 0; ; turn += 1) {
      const lock = await tryLock(core, text, settings);
      if (lock !== undefined) return lock;
      const left = until - core.clock();
      if (left <= 0) return undefined;
      await bell.rung(turn, left);
    }
  } finally {
    bell.stop();
  }
}

/** Tells that a lock may be free. Hears from its making on, so that no message falls between a question and the waiting. */
export interface Bell {
  /** Waits for a message since the last waiting, where there is a bus, or until a short time by chance is over. */
  rung(turn: number, most: number): Promise<void>;
  stop(): void;
}

export function bellOf(core: Core, text: string): Bell {
  const message = FREED + core.spaced(lockText(text));
  let isHeard = false;
  let heard = (): void => undefined;
  const stop = core.bus?.subscribe((told) => {
    if (told !== message) return;
    isHeard = true;
    heard();
  });
  return {
    async rung(turn, most) {
      // Where messages come, asking is for the ones that are lost.
      const pace =
        core.bus === undefined ? Math.min(FIRST_WAIT * 2 ** turn, LONGEST_WAIT) : 10 * LONGEST_WAIT;
      const wait = pace * (0.5 + core.random());
      // Who was woken for nothing is not woken again at once, however many messages come.
      if (turn > 0 && core.bus !== undefined) await passing(Math.min(FIRST_WAIT, most));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, Math.min(wait, most));
        function done(): void {
          clearTimeout(timer);
          resolve();
        }
        heard = done;
        if (isHeard) done();
      });
      isHeard = false;
    },
    stop: () => stop?.(),
  };
}

async function passing(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => void setTimeout(resolve, milliseconds));
}

/** Tells others; that they hear is not promised. */
export function publish(core: Core, message: string): void {
  void (async () => core.bus?.publish(message))().catch(() => undefined);
}
