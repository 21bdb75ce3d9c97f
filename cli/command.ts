import { parseArgs } from "node:util";

/** An option of a command: how it is read, and what its help says. */
export interface Option {
  readonly type: "string" | "boolean";
  /** May be given several times. */
  readonly multiple?: true;
  /** What a value is called in the help. */
  readonly value?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

/** What was given on the command line. */
export interface Given {
  /** The value of an option that takes one. */
  text(name: string): string | undefined;
  /** All the values of an option that may be given several times. */
  texts(name: string): readonly string[];
  isSet(name: string): boolean;
  /** What stands beside the options. */
  readonly operands: readonly string[];
}

/** Where a command writes to, and what it knows of its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line for the reader of the result. */
  print(line: string): void;
  /** A line for who watches: notes, failures. */
  warn(line: string): void;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What stands beside its options, for the help. */
  readonly operands: string;
  readonly options: Options;
  /** Lines below the options in the help. */
  readonly notes: readonly string[];
  /** @throws {UsageError} if it was not asked for rightly */
  run(given: Given, surroundings: Surroundings): Promise<void>;
}

/** The command line makes no sense. Its message never repeats a value: it might be a secret. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws {UsageError} if an option is unknown, or lacks its value */
export function read(args: readonly string[], options: Options): Given {
  const known = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: known, allowPositionals: true });
    const texts = (name: string): readonly string[] =>
      [values[name]].flat().flatMap((value) => (typeof value === "string" ? [value] : []));
    return {
      text: (name) => texts(name).at(-1),
      texts,
      isSet: (name) => values[name] === true,
      operands: positionals,
    };
  } catch (error) {
    // The parser's sentences name options and no values.
    throw new UsageError(error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? "") : "unreadable");
  }
}

/** The help of a command. */
export function helpOf({ name, summary, operands, options, notes }: Command): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([option, { value, multiple, help }]) => [
    `  --${option}${value === undefined ? "" : ` ${value}`}`,
    multiple ? `${help} (may be repeated)` : help,
  ]);
  const width = Math.max(...rows.map(([left = ""]) => left.length)) + 2;
  return [
    `Usage: tidemark ${name}${operands && ` ${operands}`} [options]`,
    "",
    summary,
    "",
    ...rows.map(([left = "", right = ""]) => left.padEnd(width) + right),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}

export const HELP: Option = { type: "boolean", help: "print this" };
