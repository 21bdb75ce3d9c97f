import { readFileSync, writeFileSync } from "node:fs";

const END = "<!-- End of what is written -->";

/** Puts a table between the lines of a page that name the command which writes it. */
export function writeTable(page: string, command: string, rows: readonly string[]): void {
  const start = `<!-- Written by npm run ${command} -- --write -->`;
  const file = new URL(`../docs/${page}`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const [before, rest] = text.split(start);
  const after = rest?.slice(rest.indexOf(END) + END.length);
  if (before === undefined || rest === undefined || after === undefined || !rest.includes(END))
    throw new Error(`docs/${page} has no place for the table of ${command}`);
  writeFileSync(file, `${before}${start}\n\n${rows.join("\n")}\n\n${END}${after}`);
}
