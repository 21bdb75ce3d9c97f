import { createApiCache } from "../../../browser/index.ts";
import { button } from "../dom.ts";
import type { Card } from "./card.ts";
import { createFrame } from "./frame.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";
import { createSwitch } from "./switch.ts";

const text = {
  id: "broken",
  title: "Broken bodies",
  promise: "A body that ends before its length is never kept, though its header came whole.",
  text: "The line breaks halfway through each body. Read twice: the origin is asked each time, for nothing was stored. Mend the line and read twice again: the whole body is kept.",
  code: `await api.fetch("/things/broken");
// stored=?0: its length was promised, and did not come`,
};

export function brokenCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  const api = createApiCache({ name: "gallery-broken" });
  const reader = createReader({ frame, room, thing: "broken", api: () => api });
  const broken = createSwitch("The line breaks", "break", (isOn) => void turn(isOn));
  broken.set(true);

  async function turn(isOn: boolean): Promise<void> {
    if (!(await room.turn("broken", isOn))) {
      broken.set(!isOn);
      return frame.say("The origin cannot be reached.");
    }
    frame.say(isOn ? "Bodies break off halfway." : "The line is mended.");
  }

  frame.add(
    button({ class: "primary", "data-testid": "read" }, () => void reader.read(), "Read"),
    broken.element,
  );
  return {
    frame,
    begin(report) {
      broken.set(report.switches.broken);
      reader.begin(report);
    },
  };
}
