import type { CountryDetails, CountrySummary, RegionStats, SearchResult } from "../api.ts";
import { createClient, explain } from "./client.ts";
import type { Reply } from "./client.ts";
import { showConnection } from "./connection.ts";
import { createCountryPanel } from "./country.ts";
import { createLane, find } from "./dom.ts";
import { createEditForm } from "./edit.ts";
import { createLanguageSelect, languageName } from "./languages.ts";
import { createList } from "./list.ts";
import { createLog } from "./log.ts";
import { createRegionPanel } from "./region.ts";
import { keepShell } from "./shell.ts";

const log = createLog();
const client = createClient(log.add);
const place = readPlace();

const list = createList((code) => void read(() => openCountry(code, { reveal: true })));
const country = createCountryPanel({
  onCountry: (code) => void read(() => openCountry(code)),
  onRegion: (slug) => void read(() => openRegion(slug)),
});
const region = createRegionPanel((slug) => void read(() => openRegion(slug)));
const edit = createEditForm({ client, languageName, onSaved: (code) => void afterEdit(code) });
const language = createLanguageSelect(place.get("language"), (value) => {
  remember("language", value);
  const code = place.get("country");
  if (code !== null) void read(() => openCountry(code));
});

const listLane = createLane();
const countryLane = createLane();
const regionLane = createLane();
const search = find("search", HTMLInputElement);

/** What is on the page follows what happens: an edit anywhere else shows here without a read. */
const followed = new Map<string, () => void>();

/** Reads again when the URL has changed. One for each part of the page: the next one takes its place. */
function follow(part: string, url: string, again: () => Promise<void>): void {
  followed.get(part)?.();
  followed.set(
    part,
    client.watch(url, () => void again()),
  );
}

/** What the button "Read again" repeats. */
let lastRead = openList;

function read(task: () => Promise<void>): Promise<void> {
  lastRead = task;
  return task();
}

function openList(): Promise<void> {
  return listLane(async (signal) => {
    const query = search.value.trim();
    follow("list", "/api/countries", openList);
    if (query === "") {
      const reply = await client.ask<{ countries: CountrySummary[] }>("/api/countries", { signal });
      settle(reply, ({ countries }) => list.showAll(countries), list.showProblem);
    } else {
      const address = `/api/search?${new URLSearchParams({ q: query.toLowerCase() })}`;
      const reply = await client.ask<SearchResult>(address, { signal });
      settle(reply, list.showFound, list.showProblem);
    }
  });
}

function openCountry(code: string, { reveal = false } = {}): Promise<void> {
  remember("country", code);
  list.mark(code);
  const address = `/api/countries/${encodeURIComponent(code)}`;
  follow("country", address, () => openCountry(code));
  return countryLane(async (signal) => {
    const headers = { "Accept-Language": language.value() };
    const reply = await client.ask<CountryDetails>(address, { headers, signal });
    settle(
      reply,
      (details) => {
        country.show(details);
        edit.fill(details);
        // On a narrow screen the panel is below the list: without this a choice seems to do nothing.
        if (reveal && isNarrow()) find("country", HTMLElement).scrollIntoView({ block: "start" });
      },
      (sentence) => {
        country.showProblem(sentence);
        edit.hide();
      },
    );
  });
}

function openRegion(slug: string): Promise<void> {
  remember("region", slug);
  region.mark(slug);
  const address = `/api/regions/${encodeURIComponent(slug)}/stats`;
  follow("region", address, () => openRegion(slug));
  return regionLane(async (signal) => {
    const reply = await client.ask<RegionStats>(address, { signal });
    settle(reply, region.show, region.showProblem);
  });
}

async function afterEdit(code: string): Promise<void> {
  // The answer of the edit is already on the page; reading again shows that no cache kept the old one.
  await Promise.all([openCountry(code), openList()]);
}

function settle<T>(reply: Reply<T>, show: (body: T) => void, fail: (sentence: string) => void): void {
  switch (reply.kind) {
    case "answer":
      return show(reply.body);
    case "dropped":
      return;
    case "refused":
    case "unreachable":
      return fail(explain(reply));
  }
}

/** What is open stands in the address, so that a reload (or an offline one) opens it again. */
function readPlace(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

function remember(name: string, value: string): void {
  place.set(name, value);
  history.replaceState(null, "", `#${place}`);
}

function isNarrow(): boolean {
  return matchMedia("(max-width: 719px)").matches;
}

let typing: ReturnType<typeof setTimeout> | undefined;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => void read(openList), 200);
});
find("again", HTMLButtonElement).addEventListener("click", () => void lastRead());
find("clear", HTMLButtonElement).addEventListener("click", () => {
  void client.clear().then(() => log.note("This browser’s cache was cleared."));
});
showConnection();

keepShell();

void openList();
const code = place.get("country");
const slug = place.get("region");
if (slug !== null) void read(() => openRegion(slug));
if (code !== null) void read(() => openCountry(code));
