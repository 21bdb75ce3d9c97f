import type { LoggedPurge } from "../purge-client/index.ts";
import { UsageError, type Command, type Given } from "./command.ts";
import { connect, CONNECTION, noOperands } from "./connection.ts";

/** Selectors that a line of the log shows. */
const SHOWN = 5;

export const log: Command = {
  name: "log",
  summary: "Tells of the last purges, newest first: who, what, why.",
  operands: "",
  options: {
    limit: { type: "string", value: "N", help: "how many, at most 1000 (default 20)" },
    before: { type: "string", value: "POSITION", help: "only those before this one" },
    ...CONNECTION,
  },
  notes: [
    "URLs and groups stand there as fingerprints; `tidemark purge --dry-run --url ...` tells which is whose.",
    "Exit status: 0 done, 1 refused or failed, 2 wrong usage.",
  ],
  async run(given, surroundings) {
    noOperands(given);
    const [limit = 20, before] = [numberOf(given, "limit"), numberOf(given, "before")];
    const client = connect(given, surroundings);
    const page = await client.log({ limit, ...(before !== undefined && { before }) });
    if (given.isSet("json")) return surroundings.print(JSON.stringify(page));
    for (const purge of page.purges) surroundings.print(lineOf(purge));
    if (page.next !== null) surroundings.warn(`More: --before ${page.next}`);
  },
};

function lineOf({ position, orderedAt, mode, origin, actor, selectors, named, reason }: LoggedPurge): string {
  const more = named > SHOWN ? ` and ${named - SHOWN} more` : "";
  const why = reason === null ? "" : `  "${reason}"`;
  const what = selectors.slice(0, SHOWN).join(" ");
  return `${position}  ${orderedAt}  ${mode}  ${actor ?? origin}  ${what}${more}${why}`;
}

/** @throws {UsageError} if it is no whole number above 0 */
function numberOf(given: Given, option: string): number | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`--${option} must be a whole number above 0`);
  return Number(text);
}
