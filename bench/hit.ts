import { interceptors, MockAgent } from "undici";
import { BODY, filledEdge, platformAlone, storedFields, urlOf } from "./filled-edge.ts";
import { edgeInWorkerd } from "./hit-workerd.ts";
import { contestant, type Subject } from "./measure.ts";
import { inTurn, REQUEST_FIELDS } from "./samples.ts";

/** undici's cache before an origin that is none, with every response in its memory. */
async function filledUndici(): Promise<() => Promise<ArrayBuffer>> {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const cached = agent.compose(interceptors.cache());
  const start = Date.now();
  const headers = Object.fromEntries(REQUEST_FIELDS);
  const fills: Promise<unknown>[] = [];
  const ask = async (url: string): Promise<ArrayBuffer> => {
    const { origin, pathname: path } = new URL(url);
    const { body } = await cached.request({ origin, path, method: "GET", headers });
    return body.arrayBuffer();
  };
  const next = inTurn((index) => {
    const url = urlOf(index);
    const { origin, pathname: path } = new URL(url);
    const options = { headers: Object.fromEntries(storedFields(index, start)) };
    agent.get(origin).intercept({ path, method: "GET" }).reply(200, Buffer.from(BODY), options);
    fills.push(ask(url));
    return { origin, path, method: "GET", headers } as const;
  });
  await Promise.all(fills);
  // The origin answers each once: what is asked again and answered is a hit.
  return async () => (await cached.request(next())).body.arrayBuffer();
}

export const hitSubject: Subject = {
  title: "A hit, as a whole",
  about:
    "The worker's own code from `Request` to `Response` (`createEdgeCache(...).handle`; a tier and a ledger in memory, a " +
    "stored header of 12 fields with `Vary: accept-encoding`, 1 kB of body), and what the platform alone takes to make a " +
    "`Response` of the same header and body: that share is nobody's to save, the difference is ours. In workerd the time " +
    "is taken from outside, since clocks there stand still while code runs. `undici` is its cache interceptor over its " +
    "memory store; it answers with a body to be read, so there the bodies are read.",
  async run(hold) {
    const hit = await filledEdge();
    const platform = await platformAlone(hit);
    await hold({
      title: "in Node, until the answer is there",
      contestants: [contestant("tidemark", hit), contestant("`new Response` alone", platform)],
    });
    const undici = await filledUndici();
    await hold({
      title: "in Node, with the body read",
      contestants: [
        contestant("tidemark", async () => (await hit()).arrayBuffer()),
        contestant("`new Response` alone", () => platform().arrayBuffer()),
        contestant("undici", undici),
      ],
    });
    const workerd = await edgeInWorkerd();
    try {
      await hold({
        title: "in workerd, until the answer is there",
        contestants: [
          { name: "tidemark", sample: (milliseconds) => workerd.sample("hit", milliseconds) },
          {
            name: "`new Response` alone",
            sample: (milliseconds) => workerd.sample("platform", milliseconds),
          },
        ],
      });
    } finally {
      await workerd.stop();
    }
  },
};
