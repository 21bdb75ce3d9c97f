import type { LedgerDelta, LoggedPurge, PurgeReceipt, Selector } from "../purge/ledger.ts";
import { deltaOf } from "../purge/state.ts";
import { parseDelta } from "../purge/wire.ts";
import { readLogged } from "./logged.ts";

/**
 * Reads what the script of `since` answers: epoch, position, floor, the point it goes on from, and the rows of the hard
 * and of the soft column, each selector followed by its position.
 *
 * @throws {Error} if it has another shape
 */
export function readSince(answer: unknown): LedgerDelta {
  const [epoch, position, floor, since, hard, soft]: unknown[] = Array.isArray(answer) ? answer : [];
  const tides = new Map<Selector, [hard: number, soft: number]>();
  for (const [column, rows] of [hard, soft].entries()) {
    if (!Array.isArray(rows)) throw unknownForm();
    for (let index = 0; index < rows.length; index += 2) {
      const selector = String(rows[index]);
      const tide = tides.get(selector) ?? [0, 0];
      tide[column] = Number(rows[index + 1]);
      tides.set(selector, tide);
    }
  }
  const changes = Array.from(tides, ([selector, [h, s]]) => [selector, h, s] as const);
  const delta = parseDelta({
    epoch,
    position: Number(position),
    floor: Number(floor),
    since: since === null ? null : Number(since),
    changes: changes.sort(([, ...one], [, ...other]) => Math.max(...one) - Math.max(...other)),
  });
  if (delta === undefined) throw unknownForm();
  return delta;
}

/**
 * Reads what the script of a purge answers; `undefined` = its idempotency key was another order's.
 *
 * @throws {Error} if it has another shape
 */
export function readReceipt(answer: unknown): PurgeReceipt | undefined {
  const [outcome, epoch, position, named]: unknown[] = Array.isArray(answer) ? answer : [];
  if (outcome === "conflict") return undefined;
  if ((outcome !== "purged" && outcome !== "replay") || typeof epoch !== "string") throw unknownForm();
  const receipt = { epoch, position: Number(position), selectors: Number(named) };
  if (!Number.isSafeInteger(receipt.position) || !Number.isSafeInteger(receipt.selectors))
    throw unknownForm();
  return outcome === "replay" ? { ...receipt, isReplay: true } : receipt;
}

/** A published purge as the delta that it makes; `undefined` for what has another shape. */
export function readNews(message: string): LedgerDelta | undefined {
  const news = parsed(message);
  if (typeof news !== "object" || news === null) return undefined;
  const { epoch, position, mode, selectors }: Partial<Record<string, unknown>> = news;
  if (typeof epoch !== "string" || typeof position !== "number") return undefined;
  if ((mode !== "hard" && mode !== "soft") || !Array.isArray(selectors)) return undefined;
  return parseDelta(deltaOf({ mode, selectors }, { epoch, position, selectors: selectors.length }));
}

/** The newest of several logs, newest first; what is no entry of a log is left out. */
export function readHistory(logs: readonly unknown[], most: number): readonly LoggedPurge[] {
  const entries = logs.flat().flatMap((entry) => readLogged(parsed(String(entry))) ?? []);
  return entries.sort((one, other) => other.position - one.position).slice(0, most);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown; // `any` otherwise.
  } catch {
    return undefined;
  }
}

function unknownForm(): Error {
  return new Error("Redis answered in a form that is not the ledger's");
}
