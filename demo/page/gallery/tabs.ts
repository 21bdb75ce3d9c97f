import type { ApiCache } from "../../../browser/index.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";
import { joinTabs } from "./tabs-present.ts";

const text = {
  id: "tabs",
  title: "Two tabs",
  promise:
    "Tabs of one user are one cache: one live connection, one request for all, and a change is seen in each.",
  text: "Open a second tab and put both side by side. Read in all tabs at once: the origin takes its time, and the edge makes one request of all. Change it in one tab: the other shows the new reading. Close the tab with the connection: the other takes over.",
  code: `// In every tab:
api.onChange("/things/shared", () => rerender());
await api.fetch("/things/shared", { method: "PUT" });`,
};

/** How often it is looked who is there. */
const lookEveryMs = 1_000;

/** @param connection the name under which tabs take turns at the live connection */
export function tabsCard(
  room: OriginRoom,
  api: Pick<ApiCache, "fetch" | "onChange">,
  connection: string,
): Card {
  const frame = createFrame(text);
  const counted = ["slow", "shared"];
  const slow = createReader({ frame, room, thing: "slow", counted, api: () => api });
  const shared = createReader({ frame, room, thing: "shared", counted, api: () => api });
  const channel = new BroadcastChannel(`tidemark-gallery/${room.name}`);
  const present = h("span", { "data-testid": "tabs" }, "–");
  const leader = h("b", { "data-testid": "leader" }, "–");
  const look = joinTabs(connection);

  /** Each round is an address of its own, so that nothing stored can answer it. */
  function readRound(round: string): void {
    void slow.read({ url: `${room.url("slow")}?round=${round}`, label: "in all tabs" });
  }

  function readInAll(): void {
    const round = crypto.randomUUID().slice(0, 8);
    channel.postMessage(round);
    frame.say("All tabs ask. The origin takes more than a second …");
    readRound(round);
  }

  async function change(): Promise<void> {
    frame.say("Changing …");
    try {
      const response = await api.fetch(room.url("shared"), { method: "PUT" });
      frame.say(response.ok ? "Changed, and every tab knows." : `Not changed: ${response.status}.`);
    } catch {
      frame.say("Not changed: the origin cannot be reached.");
    }
  }

  async function showTabs(): Promise<void> {
    const { tabs, isLeader } = await look();
    present.textContent = tabs === 1 ? "1 tab is open" : `${tabs} tabs are open`;
    present.dataset["tabs"] = String(tabs);
    leader.textContent =
      isLeader === undefined
        ? "Nobody is connected"
        : isLeader
          ? "This tab is connected"
          : "Another tab is connected";
    leader.dataset["leader"] = isLeader === undefined ? "none" : isLeader ? "this" : "other";
  }

  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data === "string" && /^[0-9a-f]{8}$/.test(data)) readRound(data);
  });
  api.onChange(room.url("shared"), ({ reason }) => {
    frame.trace.note(`Heard: ${reason}.`);
    void shared.read({ label: "shared" });
  });
  setInterval(() => void showTabs(), lookEveryMs);
  void showTabs();

  frame.add(
    button(
      { class: "primary", "data-testid": "open-tab" },
      () => void window.open("/gallery#tabs", "_blank", "noopener"),
      "Open a second tab",
    ),
    button({ "data-testid": "read-all" }, readInAll, "Read in all tabs at once"),
    button({ "data-testid": "read" }, () => void shared.read({ label: "shared" }), "Read"),
    button({ "data-testid": "change" }, () => void change(), "Change it here"),
    h("p", { class: "figure-line" }, present, " · ", leader),
  );
  return { frame, begin: shared.begin };
}
