import { createApiCache } from "../../../browser/index.ts";
import type { ResourceState } from "../../../browser/index.ts";
import type { Reading } from "../../gallery-api.ts";
import { formatSeconds } from "../format.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";
import { createSwitch } from "./switch.ts";

const text = {
  id: "subscribed",
  title: "Kept up to date",
  promise:
    "A subscriber is told the state at once, and again whenever it becomes another, whoever brought it about.",
  text: "Follow the reading: it is fetched once. Ask for one no older than two seconds, and it goes on by itself, as long as this tab is looked at. It asks anew when you come back to the tab, and when the network is back.",
  code: `const stop = api.subscribe<Reading>(url, ({ data, status, age, error }) => {
  render(data);
}, { interval: "2s" });`,
};

export function subscribedCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-subscribed" });
  const reader = createReader({ frame, room, thing: "watched", api: () => api });
  let stop: (() => void) | undefined;
  const followed = createSwitch("Follow it", "follow", follow);
  const often = createSwitch("No older than two seconds", "interval", follow);

  function follow(): void {
    stop?.();
    stop = undefined;
    if (!followed.isOn()) return frame.say("Nobody follows it.");
    const options = often.isOn() ? { interval: "2s" } : {};
    stop = api.subscribe<Reading>(room.url("watched"), show, options);
  }

  function show({ data, status, age }: ResourceState<Reading>): void {
    frame.element.dataset["status"] = status;
    const word = data === undefined ? status : `${status}: reading ${data.reading}`;
    frame.trace.note(age === undefined ? word : `${word}, ${formatSeconds(age)} old`);
    frame.say(`The state is ${word}.`);
    if (data !== undefined) frame.show(data);
    void reader.count();
  }

  frame.add(followed.element, often.element);
  return { frame, begin: reader.begin };
}
