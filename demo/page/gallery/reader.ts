import type { ApiCache } from "../../../browser/index.ts";
import type { OriginReport, Reading } from "../../gallery-api.ts";
import { formatTook } from "../format.ts";
import { placeText } from "../places.ts";
import { noProvenance, readProvenance } from "../provenance.ts";
import type { Frame } from "./frame.ts";
import type { OriginRoom } from "./room.ts";
import type { Traced } from "./trace.ts";

export interface ReaderOptions {
  readonly frame: Frame;
  readonly room: OriginRoom;
  readonly thing: string;
  /** The things whose counts a card adds up. @defaultValue the one that is read */
  readonly counted?: readonly string[];
  /** Asked at each read: a card may open its cache anew. */
  readonly api: () => Pick<ApiCache, "fetch">;
}

export interface Asking extends RequestInit {
  /** Another address than the thing's own. */
  readonly url?: string;
  readonly label?: string;
}

export interface Reader {
  /** Reads, shows what came and writes it down; `undefined` where nothing usable came. Never rejects. */
  read(asking?: Asking): Promise<Reading | undefined>;
  /** Takes what the origin says of itself. */
  begin(report: OriginReport): void;
  /** Asks the origin how often it was asked by now. */
  count(): Promise<void>;
}

/** Reads one thing through a card's cache. */
export function createReader({ frame, room, thing, counted = [thing], api }: ReaderOptions): Reader {
  const { trace } = frame;
  const countIn = ({ asked }: OriginReport): number =>
    counted.reduce((sum, name) => sum + (asked[name] ?? 0), 0);

  async function answered(response: Response, label: string | undefined, startedAt: number) {
    const known = {
      label,
      status: response.status,
      provenance: readProvenance(response.headers),
      cacheStatus: response.headers.get("Cache-Status") ?? "",
    };
    try {
      const text = await response.text();
      const reading: Reading | undefined = response.ok ? JSON.parse(text) : undefined;
      return { reading, traced: { ...known, isWhole: true, took: performance.now() - startedAt } };
    } catch {
      return {
        reading: undefined,
        traced: { ...known, isWhole: false, took: performance.now() - startedAt },
      };
    }
  }

  async function ask({ url = room.url(thing), label, ...init }: Asking) {
    const startedAt = performance.now();
    try {
      return await answered(await api().fetch(url, init), label, startedAt);
    } catch {
      const took = performance.now() - startedAt;
      const traced = { label, status: 0, isWhole: true, took, provenance: noProvenance, cacheStatus: "" };
      return { reading: undefined, traced };
    }
  }

  return {
    async read(asking = {}) {
      const { reading, traced } = await ask(asking);
      const setAsked = trace.add(traced);
      const { place } = traced.provenance;
      if (reading === undefined) {
        frame.empty();
        frame.say(explain(traced));
      } else {
        frame.show(reading);
        frame.left(traced.provenance.left);
        frame.say(`${placeText(place).label} answered in ${formatTook(traced.took)}.`);
      }
      const report = await room.report();
      setAsked(report && countIn(report));
      return reading;
    },
    begin: (report) => trace.asked(countIn(report)),
    async count() {
      const report = await room.report();
      trace.asked(report && countIn(report));
    },
  };
}

function explain({ status, isWhole }: Traced): string {
  if (!isWhole) return "The body broke off. It is not kept.";
  switch (status) {
    case 0:
      return "No answer: the network is away, and nothing stored will do.";
    case 504:
      return "Nothing is stored that could answer (504).";
    default:
      return `The origin answered ${status}.`;
  }
}
