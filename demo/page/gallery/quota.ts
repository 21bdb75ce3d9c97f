import { createApiCache } from "../../../browser/index.ts";
import type { ApiCacheEvent } from "../../../browser/index.ts";
import { bar, button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { lookAfterwards, viewDisk } from "./disk-view.ts";
import { createFrame } from "./frame.ts";
import { recall, remember } from "./memo.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "quota",
  title: "A full disk",
  promise:
    "The disk has a budget. What was used longest ago leaves first, and no read fails when room runs out.",
  text: "Each block is 8 kB, the budget 50 kB. Read block after block: from the sixth on, the one used longest ago leaves. Read an early block again before that, and it stays. Last use is noted once a minute, so this card’s clock jumps a minute with each read.",
  code: `createApiCache({
  disk: { maxBytes: "50kb" },
  onEvent: (event) => log(event), // storage-evicted, quota-reached
});`,
};

const blocks = 12;
const budget = 50_000;
const aMinute = 61_000;

export function quotaCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  let minutes = Number(recall("minutes") ?? 0);
  const api = createApiCache({
    name: "gallery-quota",
    memory: { maxBytes: 1_000 },
    disk: { maxBytes: budget, maxEntryBytes: 20_000 },
    clock: () => Date.now() + minutes * aMinute,
    onEvent: hear,
  });
  const reader = createReader({ frame, room, thing: "block", api: () => api });
  const address = (block: number): string => `${room.url("block")}?block=${block}`;
  const tiles = Array.from({ length: blocks }, (_, index) =>
    button(
      { class: "tile", "data-testid": `block-${index + 1}`, "data-kept": "false" },
      () => void read(index + 1),
      String(index + 1),
    ),
  );
  const totals = h("p", { class: "figure-line", "data-testid": "totals" }, "–");
  const used = h("div", { class: "budget" });

  function hear(event: ApiCacheEvent): void {
    if (event.type === "storage-evicted")
      frame.trace.note(`Left the disk: ${event.entries} (${kilobytes(event.bytes)}), for want of room.`);
    if (event.type === "quota-reached")
      frame.trace.note("The browser gives no more room. This one stays in memory, or nowhere.");
  }

  async function read(block: number): Promise<void> {
    minutes += 1;
    remember("minutes", String(minutes));
    await reader.read({ url: address(block), label: `block ${block}` });
    lookAfterwards(look);
  }

  async function look(): Promise<void> {
    const [{ disk }, views] = await Promise.all([api.stats(), viewDisk("tidemark/gallery-quota")]);
    const kept = new Set(views.flatMap(({ entries }) => entries));
    for (const [index, tile] of tiles.entries()) {
      const isKept = kept.has(new URL(address(index + 1), location.href).href);
      tile.dataset["kept"] = String(isKept);
      tile.setAttribute("aria-label", `Block ${index + 1}, ${isKept ? "on disk" : "not on disk"}`);
    }
    totals.dataset["bytes"] = String(disk.bytes);
    totals.textContent = `${kilobytes(disk.bytes)} of ${kilobytes(budget)} on disk, in ${disk.entries} ${disk.entries === 1 ? "entry" : "entries"}`;
    used.replaceChildren(bar(disk.bytes / budget));
  }

  async function clear(): Promise<void> {
    await api.clear();
    frame.empty();
    frame.say("Nothing is stored any more.");
    lookAfterwards(look);
  }

  lookAfterwards(look);
  frame.add(
    h("div", { class: "tiles", role: "group", "aria-label": "Blocks to read" }, ...tiles),
    used,
    totals,
    button({ "data-testid": "clear" }, () => void clear(), "Clear"),
  );
  return { frame, begin: reader.begin };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
