import { createApiCache } from "../../../browser/index.ts";
import { button, h } from "../dom.ts";
import type { Card } from "./card.ts";
import { lookAfterwards, viewDisk } from "./disk-view.ts";
import { createFrame } from "./frame.ts";
import { onRemembered, recall, remember } from "./memo.ts";
import { createReader } from "./reader.ts";
import type { OriginRoom } from "./room.ts";

const text = {
  id: "users",
  title: "Two users",
  promise: "Each user has a database to themselves, which nobody else’s reads reach. Logging out wipes it.",
  text: "Log in as Ada and read. Log in as Ben in the same browser and read: the answer comes from the origin, not from what Ada left. Log out: what Ben had stored is gone from the disk.",
  code: `const api = createApiCache({ partition: () => user?.id ?? "nobody" });
await api.clear(); // when logging out`,
};

const prefix = "tidemark/gallery-users/";
const nobody = "nobody";

export function usersCard(room: OriginRoom): Card {
  const frame = createFrame(text);
  let user = recall("user") ?? nobody;
  const api = createApiCache({ name: "gallery-users", partition: () => user });
  const reader = createReader({ frame, room, thing: "me", api: () => api });
  const choices = new Map(
    ["ada", "ben"].map((name) => [
      name,
      button({ "data-testid": `user-${name}` }, () => void become(name), `Log in as ${shown(name)}`),
    ]),
  );
  const disk = h("ul", {
    class: "disk-view",
    "data-testid": "disk-view",
    "aria-label": "What lies on this disk",
  });

  function be(name: string): void {
    user = name;
    frame.element.dataset["user"] = name;
    for (const [other, choice] of choices) choice.setAttribute("aria-pressed", String(other === name));
  }

  async function become(name: string): Promise<void> {
    if (!(await room.logIn(name))) return frame.say("The origin cannot be reached.");
    be(name);
    remember("user", name);
    frame.empty();
    frame.say(name === nobody ? "Logged out, and wiped." : `You are ${shown(name)}.`);
    lookAfterwards(showDisk);
  }

  async function logOut(): Promise<void> {
    await api.clear();
    await become(nobody);
  }

  async function read(): Promise<void> {
    await reader.read({ label: shown(user) });
    lookAfterwards(showDisk);
  }

  async function showDisk(): Promise<void> {
    const views = await viewDisk(prefix);
    disk.replaceChildren(
      ...views.map(({ database, entries }) => {
        const owner = database.slice(prefix.length);
        return h(
          "li",
          { "data-owner": owner, "data-entries": String(entries.length) },
          h("code", {}, database),
          entries.length === 0 ? "empty" : `${entries.length} stored`,
        );
      }),
    );
  }

  onRemembered("user", be);
  be(user);
  lookAfterwards(showDisk);
  frame.add(
    ...choices.values(),
    button({ class: "primary", "data-testid": "read" }, () => void read(), "Read"),
    button({ "data-testid": "log-out" }, () => void logOut(), "Log out"),
    h("div", { class: "disk-box" }, h("p", { class: "small-head" }, "On this disk"), disk),
  );
  return { frame, begin: reader.begin };
}

function shown(user: string): string {
  return user.charAt(0).toUpperCase() + user.slice(1);
}
