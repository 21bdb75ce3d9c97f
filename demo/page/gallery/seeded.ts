import { h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import { createApiCache } from "../../../browser/index.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "seeded",
  title: "Seeded by the server",
  promise: "A document can bring the answers that its page will ask for: the first read needs no network.",
  text: "Open the document that the server renders with the reading in it. Its script takes it in and reads: memory answers, and the origin was asked for nothing but the document.",
  code: `// On the server
const seed = JSON.stringify(await dehydrate([[url, response]]));
// In the page
api.seed(JSON.parse(document.getElementById("seed").textContent));`,
};

/** @param seed what the document brought; without one the card leads to the document that brings it */
export function seededCard(room: OriginRoom, seed?: unknown): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-seeded", disk: false });
  const reader = createReader({ frame, room, thing: "seeded", api: () => api });
  if (seed === undefined) {
    const address = `/gallery/seeded/${room.name}`;
    frame.add(h("a", { href: address, "data-testid": "open-seeded" }, "Open the seeded document"));
    return { frame, begin: reader.begin };
  }
  const taken = api.seed(seed);
  frame.trace.note(taken === 0 ? "The seed was of no use." : "Taken in from the document: 1 answer.");
  void reader.read();
  return { frame, begin: reader.begin };
}
