import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "../scripts/bundle-worker.ts";

/** Work that goes on inside workerd. */
export interface WorkerdBench {
  /** Nanoseconds per operation, measured from outside for about so many milliseconds. */
  sample(work: string, milliseconds: number): Promise<number>;
  stop(): Promise<void>;
}

/** Operations that tell how many there is time for. */
const PROBE = 200;

/** Starts the worker of `hit-worker.ts`. */
export async function edgeInWorkerd(): Promise<WorkerdBench> {
  const contents = await bundleWorker(new URL("hit-worker.ts", import.meta.url));
  const server = new Miniflare(
    convertV4MiniflareOptions({
      log: new Log(LogLevel.ERROR),
      cf: false,
      telemetry: { enabled: false },
      workers: [
        {
          name: "bench",
          modules: [{ type: "ESModule", path: "worker.js", contents }],
          compatibilityDate: "2026-11-01",
        },
      ],
    }),
  );
  await server.ready;

  /** How long so many operations take, the way there and back included. */
  async function elapsed(work: string, times: number): Promise<number> {
    const start = performance.now();
    const answer = await server.dispatchFetch(`http://bench/${work}?times=${times}`);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`Cannot measure in workerd: ${text}`);
    return performance.now() - start;
  }

  /** What the way there and back takes at least. */
  let overhead = Infinity;
  for (let time = 0; time < 20; time++) overhead = Math.min(overhead, await elapsed("hit", 0));

  return {
    async sample(work, milliseconds) {
      const estimate = Math.max(0.001, ((await elapsed(work, PROBE)) - overhead) / PROBE);
      const times = Math.max(PROBE, Math.round(milliseconds / estimate));
      return (((await elapsed(work, times)) - overhead) / times) * 1e6;
    },
    stop: () => server.dispose(),
  };
}
