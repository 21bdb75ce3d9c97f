import { PurgeError } from "../purge-client/index.ts";
import { bench } from "./bench.ts";
import { HELP, helpOf, read, UsageError, type Command, type Surroundings } from "./command.ts";
import { explain } from "./explain.ts";
import { log } from "./log.ts";
import { purge } from "./purge.ts";

const COMMANDS: readonly Command[] = [purge, log, explain, bench];

/** What a process ends with. */
export type ExitStatus = 0 | 1 | 2;

/** Runs a command line. Never rejects. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitStatus> {
  const [name = "", ...rest] = args;
  if (name === "--help" || name === "help") {
    surroundings.print(overview());
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    surroundings.warn(overview());
    return 2;
  }
  try {
    const given = read(rest, { ...command.options, help: HELP });
    if (given.isSet("help")) surroundings.print(helpOf(command));
    else await command.run(given, surroundings);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    surroundings.warn(`Cannot ${name}: ${sentenceOf(error)}`);
    if (isUsage) surroundings.warn(`See: tidemark ${name} --help`);
    return isUsage ? 2 : 1;
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2;
  return [
    "Usage: tidemark COMMAND [options]",
    "",
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    "TIDEMARK_ENDPOINT and TIDEMARK_TOKEN name the edge and the credential.",
    "See tidemark COMMAND --help for its options.",
  ].join("\n");
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return "for an unknown reason";
  const why = error instanceof PurgeError && error.cause instanceof Error ? causeOf(error.cause) : "";
  return error.message + why;
}

/** What `fetch` says stands behind its own "fetch failed". */
function causeOf({ message, cause }: Error): string {
  const deepest = cause instanceof Error && cause.message !== "" ? cause.message : message;
  return ` (${deepest})`;
}
