import { createApiCache } from "../../../browser/index.ts";
import { showConnection } from "../connection.ts";
import { find, h } from "../dom.ts";
import { keepShell } from "../shell.ts";
import { aheadCard } from "./ahead.ts";
import { brokenCard } from "./broken.ts";
import type { Card } from "./card.ts";
import { confirmedCard } from "./confirmed.ts";
import { failingCard } from "./failing.ts";
import { firstRenderCard } from "./first-render.ts";
import { freshCard } from "./fresh.ts";
import { offlineCard } from "./offline.ts";
import { optimisticCard } from "./optimistic.ts";
import { purgedCard } from "./purged.ts";
import { quotaCard } from "./quota.ts";
import { openRoom } from "./room.ts";
import { seededCard } from "./seeded.ts";
import { staleCard } from "./stale.ts";
import { subscribedCard } from "./subscribed.ts";
import { tabsCard } from "./tabs.ts";
import { usersCard } from "./users.ts";
import { variantsCard } from "./variants.ts";

const room = openRoom();

/** The cards about more than one place share a cache, and so its one live connection. */
const shared = createApiCache({
  name: "gallery",
  purges: { feed: "/_tidemark/purges", live: "/_tidemark/live" },
});

const groups: readonly [id: string, title: string, cards: readonly Card[]][] = [
  [
    "reading",
    "Reading",
    [freshCard(room), staleCard(room), confirmedCard(room, shared), variantsCard(room, shared)],
  ],
  [
    "together",
    "Together",
    [purgedCard(room, shared), tabsCard(room, shared, "tidemark/gallery"), usersCard(room)],
  ],
  [
    "page",
    "In the page",
    [subscribedCard(room), optimisticCard(room), firstRenderCard(room), seededCard(room), aheadCard(room)],
  ],
  ["trouble", "In trouble", [offlineCard(room), failingCard(room), brokenCard(room), quotaCard(room)]],
];

find("cards", HTMLElement).append(
  ...groups.map(([id, title, cards]) =>
    h(
      "section",
      { class: "group", "aria-labelledby": `group-${id}` },
      h("h2", { id: `group-${id}` }, title),
      ...cards.map(({ frame }) => frame.element),
    ),
  ),
);
find("contents", HTMLElement).append(
  ...groups.map(([, title, cards]) =>
    h(
      "li",
      {},
      h("span", { class: "small-head" }, title),
      h(
        "ul",
        {},
        ...cards.map(({ frame }) => h("li", {}, h("a", { href: `#${frame.element.id}` }, frame.title))),
      ),
    ),
  ),
);

showConnection();
if (location.hash !== "") document.getElementById(location.hash.slice(1))?.scrollIntoView();
keepShell();

const report = await room.report();
for (const [, , cards] of groups) {
  for (const { begin } of cards) if (report !== undefined) begin(report);
}
