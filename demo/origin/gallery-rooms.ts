import { LRUCache } from "lru-cache";

import type { OriginSwitches } from "../gallery-api.ts";

/** One visitor's own gallery: what one does in it, no other sees. */
export interface Room {
  readonly id: string;
  /** How often the origin was asked for each thing. */
  readonly asked: Map<string, number>;
  /** How often each thing was changed. */
  readonly changed: Map<string, number>;
  readonly switches: OriginSwitches;
}

const mostRooms = 2_000;

export interface Rooms {
  /** `undefined` = no name that a page would give its room. */
  of(id: string): Room | undefined;
}

/** The rooms of those who came last. Whoever was forgotten begins anew. */
export function createRooms(): Rooms {
  const rooms = new LRUCache<string, Room>({ max: mostRooms });
  return {
    of(id) {
      if (!/^[a-z0-9-]{8,64}$/.test(id)) return undefined;
      const known = rooms.get(id);
      if (known !== undefined) return known;
      const room: Room = {
        id,
        asked: new Map(),
        changed: new Map(),
        switches: { failing: false, broken: true },
      };
      rooms.set(id, room);
      return room;
    },
  };
}

/** Counts one more, and says how many there are now. */
export function countOne(counts: Map<string, number>, name: string): number {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count;
}
