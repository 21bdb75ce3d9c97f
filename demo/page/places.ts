/**
 * The places an answer can come from, the nearest first. `browser` is memory or disk, where the answer does not say which;
 * `none` is no answer at all.
 */
export type Place =
  | "memory"
  | "disk"
  | "browser"
  | "edge-hot"
  | "edge-warm"
  | "edge-cold"
  | "origin"
  | "none";

export interface PlaceText {
  place: Place;
  label: string;
  where: string;
}

/** The depths of the page's scale, from the surface down. */
export const places: readonly PlaceText[] = [
  { place: "memory", label: "Memory", where: "this tab" },
  { place: "disk", label: "IndexedDB", where: "survives a reload" },
  { place: "edge-hot", label: "Edge, hot", where: "worker’s memory" },
  { place: "edge-warm", label: "Edge, warm", where: "its location" },
  { place: "edge-cold", label: "Edge, cold", where: "all locations" },
  { place: "origin", label: "Origin", where: "API and database" },
];

/** No depth of its own on the scale. */
const kept: PlaceText = { place: "browser", label: "This browser", where: "memory or IndexedDB" };

/** Used when nobody answered; it has no depth. */
const noPlace: PlaceText = { place: "none", label: "No answer", where: "neither network nor cache" };

export function placeText(place: Place): PlaceText {
  return [...places, kept].find((text) => text.place === place) ?? noPlace;
}
