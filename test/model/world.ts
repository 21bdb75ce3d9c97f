import { deltaOf, formatToken, parseToken, TOKEN_FIELD } from "../../src/index.ts";
import type { LedgerDelta, LedgerPoint, PurgeOrder } from "../../src/index.ts";
import type { Design } from "./designs.ts";
import type { Act, History, Step } from "./history.ts";
import { farStore, isolate, serialOf, type Isolate } from "./isolate.ts";
import { ledgerNode, type Line } from "./ledger-node.ts";
import { messages } from "./messages.ts";
import { bodyName, originOf } from "./origin.ts";
import { newParty, oracle, type Party, type Read, type Violation } from "./oracle.ts";
import { page, type Page } from "./page.ts";
import { closeChannels, surround, type TabChannel } from "./platform.ts";
import type { Scene } from "./scene.ts";
import { pick, RESOURCES, TARGETS, type Resource } from "./site.ts";

/** How long everyone goes on while whom they ask cannot be reached, in seconds. */
const BLIND = 10;
/** The bound of a page's own view, in seconds. */
const PAGE_BOUND = 2;

/**
 * Runs a history in a world of its own, to the first violation or to its end: then everything that was held back comes,
 * all is mended, and everyone looks once more.
 *
 * @param listener hears of everything that happens
 */
export async function run(
  { setting, steps }: History,
  design: Design,
  listener?: (line: string) => void,
): Promise<readonly Violation[]> {
  const log = listener ?? ignore;
  const violations: Violation[] = [];
  const mail = messages(log);
  const truth = oracle(mail.now);
  const planted = design.plant?.({ now: mail.now, sent: mail.sent, serialOf }) ?? {};
  function report(violation: Violation): void {
    log(`  ! ${violation.what}`);
    violations.push(violation);
  }
  const scene: Scene = { mail, truth, planted, isReal: design.plant === undefined, log, report };

  const node = ledgerNode(
    scene,
    (delta) => setting.tells && isolates.forEach((each) => void tell(each, delta)),
  );
  const origin = originOf(scene, () => node.ledger);
  const shared = { cold: farStore(mail.now), warm: farStore(mail.now) };
  const skews = [0, 0];
  const lines = setting.bounds.map((bound, index): Line => {
    const limits = { bound: design.asksAlways ? 0 : bound, maxBlind: BLIND, patience: 0.5 };
    return { party: newParty("AB".charAt(index), limits), isCut: false };
  });
  const edges = lines.map(({ party }) => party);
  const isolates = lines.map((_, index) => newIsolate(index));
  const pages = Array.from({ length: setting.pages }, (_, index) =>
    newPage(newParty(`page ${index + 1}`, { bound: PAGE_BOUND, maxBlind: BLIND, patience: 1 }, edges)),
  );
  /** What the last purge was answered with. */
  let token: LedgerPoint | undefined;
  const looked = new Set<string>();
  const waiting = new Set<Read>();

  function newIsolate(index: number): Isolate {
    const clock = (): number => mail.now() + (skews[index] ?? 0);
    const line = pick(lines, index);
    return isolate(scene, { line, clock, ledger: node, origin, warm: setting.warm, shared, maxBlind: BLIND });
  }

  function newPage(party: Party): Page {
    return page(scene, party, { isolateAt: (index) => pick(isolates, index), maxBlind: BLIND });
  }

  /** The ledger tells by itself; the message may come late or never. */
  async function tell(listener: Isolate, delta: LedgerDelta): Promise<void> {
    const { party } = listener;
    const isLost = await mail.sent(`the ledger tells ${party.name} of ${delta.position}`)?.then(
      () => false,
      () => true,
    );
    if (isLost || !listener.isAlive) return;
    listener.view.apply(delta);
    truth.told(party, delta);
  }

  function tellTab(channel: TabChannel, data: unknown): void {
    const deliver = (): void => {
      if (channel.isOpen) channel.dispatchEvent(new MessageEvent("message", { data }));
    };
    const sent = mail.sent("a message to another tab") ?? Promise.resolve();
    sent.then(deliver, () => undefined);
  }

  async function judge(read: Read, response: Promise<Response>): Promise<void> {
    const what = `${read.party.name} reads ${read.body}`;
    looked.add(read.resource.name);
    waiting.add(read);
    try {
      const answer = await response;
      const text = await answer.text();
      const cacheStatus = answer.headers.get("cache-status") ?? "";
      log(`  -> ${what}: ${answer.status < 500 ? text : answer.status}   (${cacheStatus})`);
      const serial = Number(answer.headers.get("x-serial"));
      const violation = answer.status < 500 && truth.judge(read, { serial, text, cacheStatus });
      if (violation) report(violation);
    } catch (error) {
      log(`  -> ${what}: ${String(error)}`);
    }
    waiting.delete(read);
  }

  function read(at: number, resource: Resource, kind: number, seen?: LedgerPoint): Promise<void> {
    const { party, answer } = pick(isolates, at);
    const begun = truth.begins(party, resource, bodyName(resource, String(kind)), seen);
    return judge(begun, answer(requestFor(resource, kind, seen)));
  }

  async function purge({ at, target: index, soft }: Extract<Act, { do: "purge" }>): Promise<void> {
    const { ledger, view, party } = pick(isolates, at);
    const target = pick(TARGETS, index);
    const order: PurgeOrder = { selectors: [target.selector], mode: soft ? "soft" : "hard" };
    const receipt = await ledger.purge(order);
    view.apply(deltaOf(order, receipt));
    acknowledged(receipt, party);
  }

  /** @param through heeds the purge from now on */
  function acknowledged(point: LedgerPoint | undefined, through?: Party): void {
    const made = point && truth.acknowledged(point);
    if (made === undefined) return log("  -> no purge was acknowledged");
    log(`  -> the purge of ${made.name} is acknowledged: ${made.point.position}`);
    through?.known.add(made);
    token = point;
  }

  async function perform(act: Act): Promise<unknown> {
    switch (act.do) {
      case "read":
        return read(act.at, pick(RESOURCES, act.what), act.kind, act.token ? token : undefined);
      case "page read": {
        const reader = pick(pages, act.page);
        const resource = pick(RESOURCES, act.what);
        reader.at = act.at;
        const begun = truth.begins(reader.party, resource, bodyName(resource, String(act.kind)), undefined);
        return judge(begun, reader.cache.fetch(resource.url, { headers: { kind: String(act.kind) } }));
      }
      case "write":
        return origin.write(pick(RESOURCES, act.what));
      case "purge":
        return purge(act);
      case "change": {
        const { answer, party } = pick(isolates, act.at);
        const { headers } = await answer(new Request(pick(RESOURCES, act.what).url, { method: "POST" }));
        return acknowledged(parseToken(headers.get(TOKEN_FIELD)), party);
      }
      case "page change": {
        const changer = pick(pages, act.page);
        changer.at = act.at;
        const { headers } = await changer.cache.fetch(pick(RESOURCES, act.what).url, { method: "POST" });
        return acknowledged(parseToken(headers.get(TOKEN_FIELD)));
      }
      case "wait":
        return mail.pass(act.ms);
      case "go":
        return mail.go(act.which);
      case "fail":
        return mail.fail(act.which);
      case "lose":
        return mail.lose(act.which);
      case "crash":
        pick(isolates, act.at).die();
        isolates[act.at] = newIsolate(act.at);
        return undefined;
      case "reload": {
        const { party } = pick(pages, act.page);
        party.known.clear();
        pages[act.page % pages.length] = newPage(party);
        return undefined;
      }
      case "lose the ledger":
        return node.lose();
      case "cut":
      case "mend":
        pick(lines, act.at).isCut = act.do === "cut";
        return undefined;
      case "set clock":
        skews[act.at] = (skews[act.at] ?? 0) + act.by;
        truth.setClock(pick(edges, act.at), act.by);
        return undefined;
      case "origin down":
      case "origin up":
        origin.isUp = act.do === "origin up";
        return undefined;
    }
  }

  function isPossible(act: Act): boolean {
    if ("page" in act) return pages.length > 0;
    if (act.do === "set clock") return !design.keepsClocks;
    return act.do !== "lose the ledger" || scene.isReal;
  }

  async function take(step: Step): Promise<void> {
    if (!isPossible(step)) return;
    // To put a step into words takes longer than many a step.
    if (listener !== undefined) log(inWords(step));
    mail.hold(step.hold);
    perform(step).catch((error: unknown) => log(`  -> ${String(error)}`));
    await mail.drained();
    mail.hold(0);
    await mail.pass(0);
  }

  async function settle(): Promise<void> {
    log("in the end");
    for (let left = 100; left > 0 && (await mail.go(0)); left -= 1);
    for (const line of lines) line.isCut = false;
    origin.isUp = true;
    await mail.pass(5_000);
    for (const resource of RESOURCES.filter(({ name }) => looked.has(name) && truth.isPurged(name))) {
      for (const at of isolates.keys()) void read(at, resource, 0);
      await mail.drained();
    }
    if (waiting.size > 0) await mail.pass(90_000);
    for (const { party, body } of waiting)
      report({ law: 0, what: `${party.name} waits for ${body} for ever` });
  }

  surround({ ...mail, tell: tellTab });
  try {
    for (const step of steps) {
      if (violations.length === 0) await take(step);
    }
    if (violations.length === 0) await settle();
  } finally {
    surround(undefined);
    closeChannels();
  }
  return violations;
}

const ignore = (): void => undefined;

/** Requests without a token are made once: they are the most frequent, and never change. */
const requests = new Map<string, Request>();

function requestFor({ url }: Resource, kind: number, seen: LedgerPoint | undefined): Request {
  const headers = { kind: String(kind) };
  if (seen !== undefined)
    return new Request(url, { headers: { ...headers, [TOKEN_FIELD]: formatToken(seen) } });
  const request = requests.get(url + kind) ?? new Request(url, { headers });
  requests.set(url + kind, request);
  return request;
}

function inWords(step: Step): string {
  const nouns: Partial<Record<string, (value: number) => string>> = {
    at: (value) => `at ${"AB".charAt(value)}`,
    what: (value) => pick(RESOURCES, value).name,
    target: (value) => `of ${pick(TARGETS, value).name}`,
    page: (value) => `by page ${value + 1}`,
    ms: (value) => `${value} ms`,
    by: (value) => `by ${value} ms`,
  };
  const words = Object.entries(step).map(([name, value]) => {
    if (name === "hold") return "";
    if (typeof value === "boolean") return value ? name : "";
    return name === "do" ? String(value) : (nouns[name]?.(Number(value)) ?? "");
  });
  return words.filter((word) => word !== "").join(" ");
}
