import { createApiCache } from "../../../browser/index.ts";
import type { Reading } from "../../gallery-api.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "first-render",
  title: "First render without a flash",
  promise: "What memory holds is there in the first render: no loading state comes before it.",
  text: "Read it, which takes the origin a while. Then leave and come back: two views of it are made anew. One awaits the answer and renders “Loading” before it; the other peeks, and has nothing to wait for. Drop the memory, and there is nothing to peek at.",
  code: `const data = api.peek<Reading>(url); // synchronous, memory only
render(data ?? loading);`,
};

const loading = "Loading …";

export function firstRenderCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const open = () => createApiCache({ name: "gallery-first", disk: false });
  let api = open();
  const url = room.url("first");
  const reader = createReader({ frame, room, thing: "first", api: () => api });
  const awaited = createView("await", "await api.json(url)");
  const peeked = createView("peek", "api.peek(url)");

  async function comeBack(): Promise<void> {
    // What stands here when this task ends is what a framework would have rendered first.
    awaited.render(undefined);
    peeked.render(api.peek<Reading>(url));
    frame.trace.note(`First render: “${awaited.first()}” when awaited, “${peeked.first()}” when peeked at.`);
    try {
      const reading = await api.json<Reading>(url);
      awaited.renderAgain(reading);
      peeked.renderAgain(reading);
    } catch {
      frame.say("The origin cannot be reached.");
    }
    await reader.count();
  }

  async function dropMemory(): Promise<void> {
    const old = api;
    api = open();
    await old.close();
    frame.say("This tab’s memory is empty.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"),
    button({ "data-testid": "come-back" }, () => void comeBack(), "Leave and come back"),
    button({ "data-testid": "drop-memory" }, () => void dropMemory(), "Drop memory"),
    h("div", { class: "views" }, awaited.element, peeked.element),
  );
  return { frame, begin: reader.begin };
}

interface View {
  readonly element: HTMLElement;
  render(reading: Reading | undefined): void;
  renderAgain(reading: Reading): void;
  first(): string;
}

/** A view that remembers what it showed first. */
function createView(name: string, title: string): View {
  const first = h("dd", {}, "–");
  const now = h("dd", {}, "–");
  const element = h(
    "div",
    { class: "view", "data-testid": `view-${name}` },
    h("code", {}, title),
    h("dl", {}, h("dt", {}, "first"), first, h("dt", {}, "then"), now),
  );
  return {
    element,
    render(reading) {
      first.textContent = now.textContent = wordFor(reading);
      element.dataset["first"] = reading === undefined ? "loading" : String(reading.reading);
    },
    renderAgain(reading) {
      now.textContent = wordFor(reading);
    },
    first: () => first.textContent ?? "",
  };
}

function wordFor(reading: Reading | undefined): string {
  return reading === undefined ? loading : `Reading ${reading.reading}`;
}
