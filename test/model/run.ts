// `npm run model -- --histories 1000000 [--seed N] [--steps N]`: looks for a history in which a law does not hold. Every fifth batch
// has pages in it. Ends with status 1 at the first violation, with all that happened in the shortest history that shows it.
import "./platform.ts";
import { parseArgs } from "node:util";
import { REAL } from "./designs.ts";
import { inWords, search } from "./search.ts";

const USAGE = "Usage: npm run model -- [--histories 100000] [--seed 1] [--steps 14]";
const BATCH = 5_000;

function readArguments(): { readonly histories: number; readonly seed: number; readonly steps: number } {
  const { values } = parseArgs({
    options: {
      histories: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      steps: { type: "string", default: "14" },
    },
  });
  const numbers = [values.histories, values.seed, values.steps].map(Number);
  const [histories = 0, seed = 0, steps = 0] = numbers;
  if (!numbers.every(Number.isSafeInteger) || histories < 1 || steps < 1) throw new Error(USAGE);
  return { histories, seed, steps };
}

const { histories, seed, steps } = readArguments();
const startedAt = performance.now();
for (let done = 0, batch = 0; done < histories && process.exitCode === undefined; batch += 1) {
  const size = Math.min(BATCH, histories - done);
  const options = { histories: size, seed: seed + batch, pages: batch % 5 === 4, maxSteps: steps };
  const finding = await search(REAL, options);
  done += size;
  if (finding === undefined) {
    const rate = Math.round((done / (performance.now() - startedAt)) * 1_000);
    console.log(`${done} histories, ${rate} a second, no violation`);
  } else {
    console.log(
      `A violation, with the seed ${options.seed} and --steps ${steps}${options.pages ? ", with pages" : ""}:`,
    );
    console.log(inWords(finding));
    process.exitCode = 1;
  }
}
