// Caches that stand in front of an origin over HTTP.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, serve, start, type Program } from "./processes.ts";
import type { Contender, Racer, Truth } from "./race.ts";

const PAGE = "/page";
const TOKEN = "a-token-of-the-comparison";
/** The default bound of the edge, and a moment for timers. */
const TIDEMARK_BOUND_MS = 2_100;

export const SERVERS: readonly Contender[] = [
  tidemark("url", { files: [PAGE] }),
  tidemark("tag", { tags: ["page"] }),
  tidemark("prefix", { prefixes: ["/"] }),
  varnish("PURGE", "PURGE"),
  varnish("BAN", "BAN"),
];

function tidemark(by: string, body: object): Contender {
  return {
    cache: "Tidemark's edge (workerd)",
    by,
    start: (truth) =>
      behind(truth, TIDEMARK_BOUND_MS, async (origin) => {
        const port = await freePort();
        const script = new URL("../scripts/edge.ts", import.meta.url).pathname;
        const args = ["--origin", `http://127.0.0.1:${origin}`, "--port", `${port}`];
        const program = await start([process.execPath, script, ...args], port, { PURGE_TOKEN: TOKEN });
        const drop = (): Promise<Response> =>
          fetch(`http://127.0.0.1:${port}/_tidemark/purge`, {
            method: "POST",
            headers: { authorization: `Bearer ${TOKEN}` },
            body: JSON.stringify(body),
          });
        return { port, program, drop };
      }),
  };
}

/** As its manual has it: PURGE by `return (purge)`, BAN by an expression on the URL. */
function configuration(origin: number): string {
  return `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${origin}"; }
sub vcl_recv {
  if (req.method == "PURGE") { return (purge); }
  if (req.method == "BAN") { ban("obj.http.x-url == " + req.url); return (synth(200, "Banned")); }
}
sub vcl_backend_response { set beresp.http.x-url = bereq.url; }`;
}

function varnish(by: string, method: string): Contender {
  return {
    cache: "Varnish",
    by,
    start: (truth) =>
      behind(truth, 0, async (origin) => {
        const port = await freePort();
        const folder = await mkdtemp(join(tmpdir(), "varnish-"));
        await chmod(folder, 0o755); // It compiles as another user.
        await writeFile(join(folder, "cache.vcl"), configuration(origin));
        const flags = [
          "-F",
          "-a",
          `127.0.0.1:${port}`,
          "-f",
          join(folder, "cache.vcl"),
          "-n",
          join(folder, "state"),
        ];
        const child = await start(["/usr/sbin/varnishd", ...flags], port);
        const program: Program = {
          async stop() {
            await child.stop();
            await rm(folder, { recursive: true, force: true });
          },
        };
        return { port, program, drop: () => fetch(`http://127.0.0.1:${port}${PAGE}`, { method }) };
      }),
  };
}

interface Front {
  readonly port: number;
  readonly program: Program;
  drop(): Promise<Response>;
}

async function behind(
  truth: Truth,
  boundMs: number,
  open: (origin: number) => Promise<Front>,
): Promise<Racer> {
  const fields = { "cache-control": "max-age=3600", "cache-tag": "page", "content-type": "text/plain" };
  const origin = await serve((_, response) => {
    void truth.read().then((value) => response.writeHead(200, fields).end(value));
  });
  const { port, program, drop } = await open(origin.port);
  return {
    boundMs,
    read: async () => (await fetch(`http://127.0.0.1:${port}${PAGE}`)).text(),
    async drop() {
      const { ok, status } = await drop();
      if (!ok) throw new Error(`The purge was answered ${status}`);
    },
    async close() {
      await program.stop();
      await origin.close();
    },
  };
}
