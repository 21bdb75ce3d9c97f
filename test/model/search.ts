import fc from "fast-check";
import type { Design } from "./designs.ts";
import { histories, type History, type Step } from "./history.ts";
import type { Violation } from "./oracle.ts";
import { run } from "./world.ts";

export interface SearchOptions {
  readonly histories: number;
  readonly seed: number;
  /** Whether there are pages too, and not the edge alone. */
  readonly pages: boolean;
  readonly maxSteps?: number;
}

/** A history in which something went wrong, as short as it could be made, and what happened in it. */
export interface Finding {
  readonly violation: Violation;
  readonly history: History;
  readonly events: readonly string[];
  /** How many histories it took. */
  readonly after: number;
}

/** Looks for a history in which a design breaks a law; `undefined` if all of them pass. The same seed, the same search. */
export async function search(
  design: Design,
  { histories: numRuns, seed, pages, maxSteps = 14 }: SearchOptions,
): Promise<Finding | undefined> {
  const passes = async (history: History): Promise<boolean> => (await run(history, design)).length === 0;
  const details = await fc.check(fc.asyncProperty(histories(pages, maxSteps), passes), {
    numRuns,
    seed,
    endOnFailure: true,
  });
  const found = details.counterexample?.[0];
  if (found === undefined) return undefined;
  const history = await shortest(found, passes);
  const events: string[] = [];
  const [violation] = await run(history, design, (line) => events.push(line));
  if (violation === undefined) throw new Error("The same history took another course");
  return { violation, history, events, after: details.numRuns };
}

/** Leaves out and simplifies, as long as the history still fails. */
async function shortest(history: History, passes: (history: History) => Promise<boolean>): Promise<History> {
  let best = history;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const simpler of simplerThan(best)) {
      if (await passes(simpler)) continue;
      best = simpler;
      isShorter = true;
      break;
    }
  }
  return best;
}

function* simplerThan({ setting, steps }: History): Generator<History> {
  for (const index of steps.keys()) yield { setting, steps: steps.toSpliced(index, 1) };
  if (setting.pages > 0) yield { setting: { ...setting, pages: setting.pages - 1 }, steps };
  if (setting.warm !== "none") yield { setting: { ...setting, warm: "none" }, steps };
  if (setting.tells) yield { setting: { ...setting, tells: false }, steps };
  yield* others({ setting, steps: steps.map(aboutTheFirst) }, steps);
  for (const [index, step] of steps.entries())
    for (const simpler of simplerSteps(step)) yield { setting, steps: steps.with(index, simpler) };
  // With a step less, another message may be the one to hold.
  for (const index of steps.keys()) {
    for (const [other, { hold, ...act }] of steps.entries()) {
      if (hold === 0 || other === index) continue;
      for (const bit of BITS)
        yield { setting, steps: steps.with(other, { ...act, hold: 1 << bit }).toSpliced(index, 1) };
    }
  }
}

const BITS: readonly number[] = Array.from({ length: 8 }, (_, bit) => bit);

/** The history, unless it has the very same steps. */
function* others(history: History, steps: readonly Step[]): Generator<History> {
  if (history.steps.some((step, index) => step !== steps[index])) yield history;
}

/** The step, about the first resource and its URL. */
function aboutTheFirst(step: Step): Step {
  if ("what" in step && step.what > 0) return { ...step, what: 0 };
  return "target" in step && step.target > 0 ? { ...step, target: 0 } : step;
}

function* simplerSteps(step: Step): Generator<Step> {
  if (step.hold > 0) yield { ...step, hold: 0 };
  for (const bit of BITS) {
    const fewer = step.hold & ~(1 << bit);
    if (fewer > 0 && fewer < step.hold) yield { ...step, hold: fewer };
  }
  if ("kind" in step && step.kind > 0) yield { ...step, kind: 0 };
  if ("token" in step && step.token) yield { ...step, token: false };
  if ("soft" in step && step.soft) yield { ...step, soft: false };
  if ("which" in step && step.which > 0) yield { ...step, which: 0 };
  const { do: name, hold } = step;
  // A change purges its URL, and more happens in it.
  if (name === "change") yield { do: "purge", target: step.what, soft: false, at: step.at, hold };
}

/** All there is to know of a finding, one line for each event. */
export function inWords({ violation, history, events, after }: Finding): string {
  const law = violation.law === 0 ? "No law, but plain sense" : `Law ${violation.law}`;
  return [
    `${law} does not hold: ${violation.what}. Found after ${after} histories; the shortest:`,
    `  in a world of ${JSON.stringify(history.setting)}`,
    ...events.map((event) => `  ${event}`),
  ].join("\n");
}
