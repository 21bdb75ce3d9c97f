import { createApiCache } from "../../../browser/index.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";
import { createSwitch } from "./switch.ts";

const text = {
  id: "offline",
  title: "Offline",
  promise:
    "Without a network the last answer is shown and said to be stale. What would change something is refused.",
  text: "Read it, cut the network, wait until it is past its time, and read again. Saving is refused for as long as you are offline. The switch cuts this card’s cache off; the developer tools (Network, Offline) cut the whole page off, and a reload still works.",
  code: `const api = createApiCache({ offline: { maxStale: "7d" } });
await api.fetch("/things/offline"); // Cache-Status: …;detail=offline`,
};

export function offlineCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const cut = createSwitch("No network (simulated)", "cut", show);
  const api = createApiCache({
    name: "gallery-offline",
    fetch: (input, init) =>
      cut.isOn() ? Promise.reject(new TypeError("The network is cut off")) : fetch(input, init),
  });
  const reader = createReader({ frame, room, thing: "offline", api: () => api });
  const save = button({ "data-testid": "save" }, () => void change(), "Save a change");
  const notice = h("p", { class: "notice", role: "status", "data-testid": "notice" });

  function isOffline(): boolean {
    return cut.isOn() || !navigator.onLine;
  }

  function show(): void {
    const is = isOffline();
    save.setAttribute("aria-disabled", String(is));
    notice.dataset["offline"] = String(is);
    notice.textContent = is
      ? "Offline: read only. What you see may be out of date."
      : "Online: reads and changes reach the origin.";
  }

  async function change(): Promise<void> {
    if (isOffline()) return frame.say("Not saved: you are offline, and nothing was sent.");
    frame.say("Saving …");
    try {
      const { ok, status } = await api.fetch(room.url("offline"), { method: "PUT" });
      frame.say(ok ? "Saved. The stored reading is no longer used." : `Not saved: ${status}.`);
    } catch {
      frame.say("Not saved: the origin cannot be reached.");
    }
  }

  addEventListener("online", show);
  addEventListener("offline", show);
  show();
  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"),
    save,
    cut.element,
    notice,
  );
  return { frame, begin: reader.begin };
}
