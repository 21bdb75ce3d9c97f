/** The places an answer can come from, the nearest first. `none` is no answer at all. */
export type Place = "memory" | "disk" | "edge-hot" | "edge-warm" | "edge-cold" | "origin" | "none";

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

/** Used when nobody answered; it has no depth. */
const noPlace: PlaceText = { place: "none", label: "No answer", where: "neither network nor cache" };

export function placeText(place: Place): PlaceText {
  return places.find((text) => text.place === place) ?? noPlace;
}
