import { createApiCache } from "../../../browser/index.ts";
import { button } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "stale",
  title: "Stale while revalidate",
  promise: "What is past its time is shown at once, and a new one is fetched behind it.",
  text: "Read it, wait two seconds until it is past its time, and read again: the old reading is there without a wait. The new one follows by itself, because the card watches the URL.",
  code: `api.onChange("/things/stale", () => rerender());
// Cache-Control: max-age=2, stale-while-revalidate=600`,
};

export function staleCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-stale" });
  const reader = createReader({ frame, room, thing: "stale", api: () => api });
  api.onChange(room.url("stale"), ({ reason }) => {
    if (reason !== "updated") return;
    frame.trace.note("A newer reading has come. Reading it.");
    void reader.read();
  });
  frame.add(button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"));
  return { frame, begin: reader.begin };
}
