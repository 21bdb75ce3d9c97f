import { createApiCache } from "../../../browser/index.ts";
import { button } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "fresh",
  title: "Fresh",
  promise: "While an answer is fresh, nobody is asked: not the edge, not the origin.",
  text: "Read it twice: the second answer comes from this tab’s memory. Drop the memory, as a reload does, and it comes from disk. Clear the browser, and the edge still has it.",
  code: `const api = createApiCache({ name: "gallery" });
const response = await api.fetch("/things/fresh");
// Cache-Control: public, max-age=120`,
};

export function freshCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const open = () => createApiCache({ name: "gallery-fresh" });
  let api = open();
  const reader = createReader({ frame, room, thing: "fresh", api: () => api });

  /** Another cache on the same database: what a reload leaves. */
  async function dropMemory(): Promise<void> {
    const old = api;
    await old.close();
    api = open();
    frame.say("This tab’s memory is empty. The disk is as it was.");
  }

  async function clear(): Promise<void> {
    await api.clear();
    frame.empty();
    frame.say("Nothing is stored in this browser any more.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"),
    button({ "data-testid": "drop-memory" }, () => void dropMemory(), "Drop memory"),
    button({ "data-testid": "clear" }, () => void clear(), "Clear this browser"),
  );
  return { frame, begin: reader.begin };
}
