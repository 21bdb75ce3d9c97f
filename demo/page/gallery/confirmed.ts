import type { ApiCache } from "../../../browser/index.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "confirmed",
  title: "Confirmed by 304",
  promise:
    "What must be asked about each time is asked about by its tag: if nothing changed, no body travels.",
  text: "The body weighs 24 kB. The first read carries it; the next one is a question, answered 304, and the stored body is shown. Change it at the origin, behind the back of every cache, and the next read carries the new one.",
  code: `const response = await api.fetch("/things/confirmed");
// Cache-Control: no-cache     ETag: "exQeOD6f…"`,
};

export function confirmedCard(room: OriginRoom, api: Pick<ApiCache, "fetch">): Card {
  const frame = createFrame(text);
  const reader = createReader({ frame, room, thing: "confirmed", api: () => api });
  const travelled = h("b", { "data-testid": "travelled" }, "–");

  async function read(): Promise<void> {
    performance.clearResourceTimings();
    await reader.read();
    const entries = performance
      .getEntriesByType("resource")
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .filter(({ name }) => name.endsWith(room.url("confirmed")));
    const bytes = entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
    travelled.dataset["bytes"] = String(bytes);
    travelled.textContent = `${new Intl.NumberFormat("en").format(bytes)} bytes`;
  }

  async function change(): Promise<void> {
    const isDone = await room.change("confirmed");
    frame.say(isDone ? "Changed at the origin. No cache was told." : "The origin cannot be reached.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void read(), "Read"),
    button({ "data-testid": "change" }, () => void change(), "Change it at the origin"),
    h("p", { class: "figure-line" }, "Body that travelled with the last read: ", travelled),
  );
  return { frame, begin: reader.begin };
}
