// Runs inside workerd: does a piece of work as often as it is told, and answers when that is done.
import { filledEdge, platformAlone } from "./filled-edge.ts";

/** Kept here, so that what was made counts as used. */
let kept: Response | undefined;

type Work = () => Response | Promise<Response>;

async function prepare(): Promise<ReadonlyMap<string, Work>> {
  const hit = await filledEdge();
  return new Map<string, Work>([
    ["hit", hit],
    ["platform", await platformAlone(hit)],
  ]);
}

let preparing: Promise<ReadonlyMap<string, Work>> | undefined;

// The platform takes its worker as the default export.
export default {
  async fetch({ url }: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    preparing ??= prepare();
    const work = (await preparing).get(pathname.slice(1));
    if (work === undefined) return new Response("There is no such work", { status: 404 });
    const times = Number(searchParams.get("times"));
    for (let time = 0; time < times; time++) kept = await work();
    return new Response(String(kept?.status));
  },
};
