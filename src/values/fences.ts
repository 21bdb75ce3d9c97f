/**
 * Tells work under way that its key has been written or deleted here meanwhile: it then keeps nothing. Knows only keys
 * with work under way.
 */
export interface Fences {
  /** Work on a key begins; the number is what it knows. */
  begin(key: string): number;
  /** Whether nothing has happened to the key since the number. */
  isOpen(key: string, number: number): boolean;
  end(key: string): void;
  /** The number that work has to know to be up to date. */
  current(key: string): number;
  /** The keys were written or deleted. */
  raise(keys: Iterable<string>): void;
  raiseWhere(isMeant: (key: string) => boolean): void;
}

interface Fence {
  number: number;
  workers: number;
}

/** More work than this at a time loses the fence of the oldest, which then keeps nothing. */
const MOST = 100_000;

export function fences(): Fences {
  const open = new Map<string, Fence>();

  function forgetOldest(): void {
    const [oldest] = open.keys();
    if (oldest !== undefined) open.delete(oldest);
  }

  return {
    begin(key) {
      const known = open.get(key);
      if (known !== undefined) {
        known.workers += 1;
        return known.number;
      }
      open.set(key, { number: 0, workers: 1 });
      if (open.size > MOST) forgetOldest();
      return 0;
    },
    isOpen: (key, number) => open.get(key)?.number === number,
    end(key) {
      const fence = open.get(key);
      if (fence === undefined) return;
      fence.workers -= 1;
      if (fence.workers === 0) open.delete(key);
    },
    current: (key) => open.get(key)?.number ?? 0,
    raise(keys) {
      for (const key of keys) {
        const fence = open.get(key);
        if (fence !== undefined) fence.number += 1;
      }
    },
    raiseWhere(isMeant) {
      for (const [key, fence] of open) if (isMeant(key)) fence.number += 1;
    },
  };
}
