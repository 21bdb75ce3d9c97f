import { createApiCache } from "../../../browser/index.ts";
import { button } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";
import { createSwitch } from "./switch.ts";

const text = {
  id: "failing",
  title: "The server fails",
  promise: "An error of the server does not replace a good answer: the stale one stands in.",
  text: "Read it, let the origin fail, wait until the reading is past its time, and read again. The origin was asked and failed; you see the last good reading, and are told that it is stale.",
  code: `await api.fetch("/things/failing");
// Cache-Control: max-age=2, stale-if-error=600`,
};

export function failingCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-failing" });
  const reader = createReader({ frame, room, thing: "failing", api: () => api });
  const failing = createSwitch("The origin fails (503)", "fail", (isOn) => void turn(isOn));

  async function turn(isOn: boolean): Promise<void> {
    if (!(await room.turn("failing", isOn))) {
      failing.set(!isOn);
      return frame.say("The origin cannot be reached.");
    }
    frame.say(isOn ? "From now on the origin answers 503." : "The origin works again.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"),
    failing.element,
  );
  return {
    frame,
    begin(report) {
      failing.set(report.switches.failing);
      reader.begin(report);
    },
  };
}
