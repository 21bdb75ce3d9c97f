import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

const SCRIPT = new URL("../../../cli/main.ts", import.meta.url).pathname;

/** Runs the command line as a process, and waits for its end. @param running is told of the process */
export async function tidemark(
  args: readonly string[],
  env: Record<string, string> = {},
  running: (child: ChildProcess) => void = () => undefined,
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running(child);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: code as number, out, err }; // As Node documents the event.
}
