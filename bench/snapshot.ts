import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Hono } from "hono";
import {
  applyDelta,
  deltaOf,
  deltaSince,
  formatToken,
  ledgerView,
  memoryLedger,
  parseDelta,
  tagSelector,
  urlSelector,
  type Ledger,
  type LedgerDelta,
  type LedgerPoint,
  type PurgeOrder,
  type Selector,
} from "../src/index.ts";
import { purgeApi } from "../worker/purge-api.ts";
import { followed, newsSince, tailAt } from "../worker/live-tail.ts";
import { contestant, sized, type Subject } from "./measure.ts";
import type { Sheet } from "./sheet.ts";

/** What selectors a ledger holds. */
type Kind = (index: number) => Selector;

const TAGS: Kind = (index) => tagSelector(`country:${index.toString(36)}`);
const URLS: Kind = (index) => urlSelector(`https://api.example.com/countries/${index}`) ?? "";
const BOTH: Kind = (index) => (index % 2 === 0 ? TAGS(index) : URLS(index));

/** A whole ledger of so many selectors, each purged once, as its home hands it out. */
async function wholeLedger(count: number, kind: Kind): Promise<LedgerDelta> {
  const ledger = memoryLedger();
  for (let index = 0; index < count; index += 1)
    await ledger.purge({ selectors: [kind(index)], mode: index % 4 === 0 ? "soft" : "hard" });
  const whole = await ledger.since(undefined);
  if (whole.changes.length !== count)
    throw new Error("Cannot measure: the ledger holds less than it was told");
  return whole;
}

/** What is sent of a large ledger to who begins to listen or asks the feed without a token. */
async function fromFeed(whole: LedgerDelta): Promise<string> {
  return (await feed(homeOf(() => whole)).request("/purges")).text();
}

/** A ledger that takes no purges any more. */
function homeOf(since: (known: LedgerPoint | undefined) => LedgerDelta): Ledger {
  return {
    since: async (known) => since(known),
    purge: () => Promise.reject(new Error("Cannot measure: this ledger is closed")),
  };
}

function feed(ledger: Ledger): Hono {
  return purgeApi({ ledger, view: ledgerView({ ledger, bound: 0 }) });
}

function sizes(name: string, text: string): Sheet["rows"][number] {
  const bytes = Buffer.from(text);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return { name, values: [bytes.byteLength, gzipSync(bytes).byteLength, brotli.byteLength] };
}

/** The least that a reader does who wants to look selectors up. */
function mapped(text: string): Map<Selector, object> {
  const { changes } = JSON.parse(text) as LedgerDelta; // Written from one.
  return new Map(changes.map(([selector, hard, soft]) => [selector, { hard, soft }]));
}

/** One purge of one tag in a ledger in its millionth position, as each way carries it. */
async function onePurge(): Promise<Sheet> {
  const order: PurgeOrder = { selectors: [tagSelector("country:fr")], mode: "hard" };
  const receipt = { epoch: crypto.randomUUID(), position: 1_000_000, selectors: 1 };
  const delta = deltaOf(order, receipt);
  const before = { epoch: delta.epoch, position: delta.position - 1 };
  const selectors = new Map(delta.changes.map(([selector, hard, soft]) => [selector, { hard, soft }]));
  const ledger = homeOf((known) => deltaSince({ ...receipt, floor: 0, selectors }, known));
  const answer = await feed(ledger).request(`/purges?since=${formatToken(before)}`);
  const body = await answer.text();
  const fields = [...answer.headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const head = "HTTP/1.1 200 OK\r\n".length + fields + "\r\n".length;

  const tail = followed(tailAt(before), delta);
  const message = JSON.stringify(tail && newsSince(tail, before));
  // RFC 6455, 5.2: two bytes before a short message of a server's, four before a longer one.
  const frame = message.length < 126 ? 2 : 4;
  const event = `id: ${formatToken(delta)}\ndata: ${message}\n\n`;
  for (const text of [body, message])
    if (parseDelta(JSON.parse(text))?.changes.length !== 1)
      throw new Error(`Cannot measure: it reads ${text}`);
  return {
    title: "one purge of one tag, on the wire",
    columns: [
      { name: "itself", unit: "bytes" },
      { name: "with what carries it", unit: "bytes" },
    ],
    rows: [
      {
        name: "tidemark, a live message (WebSocket frame)",
        values: [message.length, message.length + frame],
      },
      { name: "tidemark, a live event (server-sent)", values: [message.length, event.length] },
      {
        name: "tidemark, an answer of the feed (HTTP/1.1, the cache's own fields)",
        values: [body.length, head + body.length],
      },
    ],
  };
}

export const snapshotSubject: Subject = {
  title: "What readers hold and hear",
  about:
    "A ledger as JSON, as its home hands it to a reader that knows nothing: tags of about 12 characters, urls (as " +
    "fingerprints of 28, which do not compress), and half of each. The feed and a live connection send at most about " +
    "256 KB of it, made coarser. Read means parsed, checked in form (`parseDelta`) and applied (`applyDelta`). The compressed " +
    "sizes are those of gzip at level 6 and brotli at level 5; whether it is compressed on its way is the platform's affair.",
  async run(hold, show, effort) {
    const count = sized(100_000, effort);
    const size = `${count.toLocaleString("en")} selectors`;
    const [tags, urls, both] = await Promise.all([TAGS, URLS, BOTH].map((kind) => wholeLedger(count, kind)));
    if (tags === undefined || urls === undefined || both === undefined) return;
    const text = JSON.stringify(both);
    const short = await fromFeed(both);
    show({
      title: `a whole ledger of ${size}`,
      columns: [
        { name: "JSON", unit: "bytes" },
        { name: "gzip", unit: "bytes" },
        { name: "brotli", unit: "bytes" },
      ],
      rows: [
        sizes("tidemark, half tags and half urls", text),
        sizes("tidemark, tags", JSON.stringify(tags)),
        sizes("tidemark, urls", JSON.stringify(urls)),
        sizes("tidemark, half and half in the feed", short),
      ],
    });
    show(await onePurge());

    const read = (json: string) => (): unknown => {
      const delta = parseDelta(JSON.parse(json));
      return delta && applyDelta(undefined, delta, Date.now());
    };
    await hold({
      title: `a whole ledger of ${size} is read`,
      contestants: [
        contestant("tidemark", read(text)),
        contestant("`JSON.parse` and a `Map` of it alone", () => mapped(text)),
        contestant("`JSON.parse` alone", () => JSON.parse(text)),
        contestant("tidemark, the same in the feed", read(short)),
      ],
    });
    let snapshot = applyDelta(undefined, both, Date.now());
    const change = (): unknown => {
      const { epoch, position } = snapshot ?? both;
      const news = {
        epoch,
        position: position + 1,
        floor: 0,
        since: position,
        changes: [["tag:country:fr", position + 1, 0]],
      };
      const delta = parseDelta(JSON.parse(JSON.stringify(news)));
      snapshot = delta && applyDelta(snapshot, delta, Date.now());
      return snapshot;
    };
    await hold({
      title: `one purge is read into a snapshot of ${size}`,
      contestants: [
        contestant("tidemark", change),
        contestant("a copy of the snapshot instead", () => new Map(snapshot?.selectors)),
      ],
    });
  },
};
