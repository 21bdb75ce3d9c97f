import { createApiCache } from "../../../browser/index.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "ahead",
  title: "Fetched ahead, and forgotten",
  promise:
    "What will be wanted can be there before it is; what is no longer true can be forgotten by its tag.",
  text: "Fetch three gauges ahead, then read any of them: memory has it. Forget their tag: no tab of this browser uses what it has stored any more, and the edge is told nothing of it.",
  code: `await api.prefetch([first, second, third]); // with low priority
await api.purge({ tags: ["gauges"] }); // in all tabs of this browser`,
};

const gauges = ["1", "2", "3"];

export function aheadCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-ahead" });
  const reader = createReader({ frame, room, thing: "ahead", api: () => api });
  const tag = `gallery:${room.name}:ahead`;
  const address = (gauge: string): string => `${room.url("ahead")}?gauge=${gauge}`;

  async function prefetch(): Promise<void> {
    await api.prefetch(gauges.map(address));
    frame.trace.note("Fetched ahead: three gauges.");
    frame.say("They are there, or could not be had: it never fails.");
    await reader.count();
  }

  async function forget(): Promise<void> {
    await api.purge({ tags: [tag] });
    frame.trace.note("Forgotten, in every tab of this browser.");
    frame.say("Nothing stored with the tag is used any more.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "prefetch" }, () => void prefetch(), "Fetch three ahead"),
    ...gauges.map((gauge) =>
      button(
        { "data-testid": `gauge-${gauge}` },
        () => void reader.read({ url: address(gauge), label: `gauge ${gauge}` }),
        `Read gauge ${gauge}`,
      ),
    ),
    button({ "data-testid": "forget" }, () => void forget(), "Forget their tag"),
    h("p", { class: "figure-line" }, "Cache-Tag: ", h("code", {}, tag)),
  );
  return { frame, begin: reader.begin };
}
