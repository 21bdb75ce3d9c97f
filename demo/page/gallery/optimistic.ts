import { createApiCache, ResponseError } from "../../../browser/index.ts";
import type { ResourceState } from "../../../browser/index.ts";
import type { Reading } from "../../gallery-api.ts";
import { button } from "../dom.ts";
import { formatTook } from "../format.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "optimistic",
  title: "Ahead of the server",
  promise: "A change is shown before it is made, and taken back if the server refuses it.",
  text: "The origin takes almost a second for each change. With the first button it agrees: the new reading is there at once, and stays. With the second it refuses: the new reading is there at once, and then the old one is back.",
  code: `await api.mutate<Reading>(url, (old) => ({ ...old, reading: old.reading + 1 }), {
  commit: { method: "PUT" },
}); // rejects with a ResponseError, and shows what was there before`,
};

export function optimisticCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-optimistic" });
  const url = room.url("stock");
  const reader = createReader({ frame, room, thing: "stock", api: () => api });
  let isFollowed = false;

  function show({ data }: ResourceState<Reading>): void {
    if (data === undefined) return;
    if (String(data.reading) !== frame.element.dataset["reading"])
      frame.trace.note(`Shown: reading ${data.reading}.`);
    frame.show(data);
  }

  /** Reads it, and shows whatever it becomes from then on. */
  async function follow(): Promise<void> {
    await reader.read();
    if (isFollowed) return;
    isFollowed = true;
    api.subscribe<Reading>(url, show);
  }

  async function raise(headers: Record<string, string>): Promise<void> {
    if (!isFollowed) await follow();
    const startedAt = performance.now();
    frame.say("Shown before the origin has answered …");
    try {
      await api.mutate<Reading>(url, raised, { commit: { method: "PUT", headers } });
      settled("The origin agreed", startedAt);
    } catch (error) {
      const reason = error instanceof ResponseError ? `refused (${error.status})` : "could not be reached";
      settled(`The origin ${reason}`, startedAt);
    }
    await reader.count();
  }

  function settled(outcome: string, startedAt: number): void {
    const sentence = `${outcome} after ${formatTook(performance.now() - startedAt)}.`;
    frame.trace.note(sentence);
    frame.say(sentence);
  }

  frame.add(
    button({ class: "primary", "data-testid": "raise" }, () => void raise({}), "Change it"),
    button(
      { "data-testid": "raise-refused" },
      () => void raise({ "Gallery-Refuse": "1" }),
      "Change it, to be refused",
    ),
    button({ "data-testid": "read" }, () => void follow(), "Read"),
  );
  return { frame, begin: reader.begin };
}

/** What the page expects the origin to make of it. */
function raised(old: Reading | undefined): Reading {
  if (old === undefined) return { thing: "stock", reading: 1, level: 0, title: "" };
  return { ...old, reading: old.reading + 1 };
}
