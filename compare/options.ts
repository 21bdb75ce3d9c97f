import { parseArgs } from "node:util";
import { ensureTool } from "../scripts/ensure-tool.ts";

/** A program that a comparison starts, and the package of Debian that brings it. */
export interface Tool {
  readonly file: string;
  readonly debianPackage: string;
}

export const REDIS: Tool = { file: "/usr/bin/redis-server", debianPackage: "redis-server" };

/**
 * Reads `--tries` and `--write`, and sees to the programs that are needed.
 *
 * @throws {RangeError} if `--tries` is no whole number from 1
 */
export function comparison(tools: readonly Tool[]): { readonly tries: number; readonly write: boolean } {
  const { values } = parseArgs({
    options: { tries: { type: "string", default: "5" }, write: { type: "boolean", default: false } },
  });
  const tries = Number(values.tries);
  if (!Number.isInteger(tries) || tries < 1) throw new RangeError("--tries must be a whole number from 1");
  for (const tool of tools) {
    const left = ensureTool(tool);
    if (left !== undefined) throw new Error(left);
  }
  return { tries, write: values.write };
}
