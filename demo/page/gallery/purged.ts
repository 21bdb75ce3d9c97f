import type { ApiCache } from "../../../browser/index.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "purged",
  title: "Purged live",
  promise: "A purge is heeded as it happens, in every tab and every browser, past memory, disk and edge.",
  text: "Read it, then change it behind the back of every cache: all go on with the old one, which is fresh for an hour. Now purge its tag. Whoever shows it hears of that, and reads the new one. A second tab of this page does the same.",
  code: `const api = createApiCache({
  purges: { feed: "/_tidemark/purges", live: "/_tidemark/live" },
});
api.onChange("/things/purged", ({ reason }) => rerender());`,
};

export function purgedCard(room: OriginRoom, api: Pick<ApiCache, "fetch" | "onChange">): Card {
  const frame = createFrame(text);
  const reader = createReader({ frame, room, thing: "purged", api: () => api });
  api.onChange(room.url("purged"), ({ reason }) => {
    if (reason === "updated") return;
    frame.trace.note(`Heard: ${reason}. Reading again.`);
    void reader.read();
  });

  async function tell(order: Promise<boolean>, done: string): Promise<void> {
    frame.say((await order) ? done : "The origin cannot be reached.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"),
    button(
      { "data-testid": "change" },
      () => void tell(room.change("purged"), "Changed at the origin. No cache was told."),
      "Change it at the origin",
    ),
    button(
      { "data-testid": "purge" },
      () => void tell(room.purge("purged"), "Purged: the edge has it in its ledger."),
      "Purge its tag",
    ),
    h("p", { class: "figure-line" }, "Cache-Tag: ", h("code", {}, `gallery:${room.name}:purged`)),
  );
  return { frame, begin: reader.begin };
}
