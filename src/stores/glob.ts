import { cannot } from "../errors.ts";

/** Characters that a pattern may have. */
const MAX_PATTERN = 1_024;

/**
 * Whether a text matches a pattern: `*` is any run of characters, `?` any one, a backslash takes the next as it stands.
 * Its time grows with the product of both lengths at the most, whatever they hold.
 *
 * @throws {TypeError} if the pattern is no text
 * @throws {RangeError} if it has more than 1,024 characters
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (typeof pattern !== "string") throw new TypeError(cannot("match keys", "a pattern is text", pattern));
  if (pattern.length > MAX_PATTERN) {
    throw new RangeError(
      cannot("match keys", `a pattern has at most ${MAX_PATTERN} characters`, pattern.length),
    );
  }
  const steps = stepsOf(pattern);
  return (text) => matches(steps, text);
}

/** A text as the part of a pattern that matches it alone. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?\\]/g, String.raw`\$&`);
}

/** One character to be found, or what may stand for some. */
type Step = { readonly is: string } | "one" | "any";

function stepsOf(pattern: string): readonly Step[] {
  const steps: Step[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const unit = pattern[index];
    if (unit === "*") steps.push("any");
    else if (unit === "?") steps.push("one");
    else if (unit === "\\" && index + 1 < pattern.length) steps.push({ is: pattern[(index += 1)] ?? "" });
    else steps.push({ is: unit ?? "" });
  }
  return steps;
}

/** Goes back to the last `*` only: what an earlier one could take, the last one can. */
function matches(steps: readonly Step[], text: string): boolean {
  let [at, step] = [0, 0];
  let [starAt, starStep] = [0, -1];
  while (at < text.length) {
    const wanted = steps[step];
    if (wanted === "any") {
      starStep = step;
      starAt = at;
      step += 1;
    } else if (wanted !== undefined && (wanted === "one" || wanted.is === text[at])) {
      step += 1;
      at += 1;
    } else if (starStep >= 0) {
      step = starStep + 1;
      starAt += 1;
      at = starAt;
    } else return false;
  }
  while (steps[step] === "any") step += 1;
  return step === steps.length;
}
