import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { sized, type Effort, type Subject } from "./measure.ts";
import type { Sheet } from "./sheet.ts";
import { VALUE_PEERS } from "./value-peers.ts";

const CHILD = resolve(import.meta.dirname, "memory-child.ts");
const OURS = ["tidemark", "tidemark, with jitter", "tidemark, with two tags"];

/** Bytes for each entry, in a process of its own. */
function bytesOf(name: string, count: number): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", CHILD, name, `${count}`], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Cannot measure the memory of ${name}: ${stderr.slice(0, 500)}`);
  return Number(stdout);
}

async function run(show: (sheet: Sheet) => void, effort: Effort): Promise<void> {
  const count = sized(100_000, effort);
  const rows = [...OURS, ...VALUE_PEERS.map(({ name }) => name)].map((name) => {
    return { name, bytes: bytesOf(name, count) };
  });
  const [ours] = rows;
  show({
    title: `${count.toLocaleString("en")} values of 100 characters`,
    columns: [
      { name: "an entry", unit: "bytes" },
      { name: "times ours", unit: "times" },
    ],
    rows: rows.map(({ name, bytes }) => ({ name, values: [bytes, bytes / (ours?.bytes ?? Number.NaN)] })),
  });
}

export const memorySubject: Subject = {
  title: "Memory of values",
  about:
    "What an entry takes in memory: heap and what is outside of it, after collection, value and key included. Each cache fills " +
    "itself in a process of its own, after another one of its kind has been filled there, so that code does not count.",
  run: (_, show, effort) => run(show, effort),
};
