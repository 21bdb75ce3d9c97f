/** Something the gallery reads, each to show another behaviour of the caches on the way. */
export interface Thing {
  readonly cacheControl: string;
  /** What a new reading needs: nothing but a request, or a change that somebody asked for. */
  readonly renewed: "each time" | "when changed";
  /** Milliseconds that the origin takes. */
  readonly delay?: number;
  readonly byLanguage?: boolean;
  /** Whether an edge can be told by a tag that it has changed. */
  readonly tagged?: boolean;
  /** The answer depends on who is logged in, so that no two visitors share it. */
  readonly isPersonal?: boolean;
  /** A body of so many bytes that do not compress. */
  readonly bulk?: number;
}

/* `private` keeps the edge out of it where a card is about the browser alone. */
const things: Readonly<Record<string, Thing>> = {
  fresh: { cacheControl: "public, max-age=120", renewed: "each time" },
  stale: { cacheControl: "private, max-age=2, stale-while-revalidate=600", renewed: "each time" },
  confirmed: { cacheControl: "public, no-cache", renewed: "when changed", bulk: 24_000 },
  variants: { cacheControl: "public, max-age=300", renewed: "when changed", byLanguage: true },
  purged: { cacheControl: "public, max-age=3600", renewed: "when changed", tagged: true },
  slow: { cacheControl: "public, max-age=60", renewed: "each time", delay: 1_200 },
  shared: { cacheControl: "public, max-age=300", renewed: "when changed" },
  me: { cacheControl: "private, max-age=300", renewed: "when changed", isPersonal: true },
  offline: { cacheControl: "private, max-age=2", renewed: "each time" },
  block: { cacheControl: "private, max-age=31536000, immutable", renewed: "when changed", bulk: 8_000 },
  failing: { cacheControl: "private, max-age=2, stale-if-error=600", renewed: "each time" },
  broken: { cacheControl: "private, max-age=60", renewed: "each time" },
  stock: { cacheControl: "private, max-age=60", renewed: "when changed" },
  first: { cacheControl: "private, max-age=60", renewed: "each time", delay: 700 },
  watched: { cacheControl: "private, max-age=60", renewed: "each time" },
  ahead: { cacheControl: "private, max-age=300", renewed: "each time", tagged: true },
  seeded: { cacheControl: "public, max-age=120", renewed: "when changed" },
};

export function thingOf(name: string): Thing | undefined {
  return Object.hasOwn(things, name) ? things[name] : undefined;
}

const greetings: Readonly<Record<string, string>> = {
  en: "High water at the harbour",
  de: "Hochwasser am Hafen",
  fr: "Pleine mer au port",
  es: "Pleamar en el puerto",
};

export const galleryLanguages: readonly string[] = Object.keys(greetings);

export function titleIn(language: string): string {
  return greetings[language] ?? greetings["en"] ?? "";
}

/** A tide gauge's reading in metres: the same number always gives the same level. */
export function levelOf(reading: number): number {
  return Math.round((3.1 + 1.9 * Math.sin(reading * 0.83)) * 100) / 100;
}
