/** One database of the browser module's, seen from outside. */
export interface DiskView {
  readonly database: string;
  /** The addresses of what is stored in it. */
  readonly entries: readonly string[];
}

/** What the developer tools would show: every database whose name begins so, and what is in it. Never rejects. */
export async function viewDisk(prefix: string): Promise<readonly DiskView[]> {
  try {
    const databases = await indexedDB.databases();
    const names = databases.flatMap(({ name }) => (name?.startsWith(prefix) ? [name] : []));
    return await Promise.all(
      names.toSorted().map(async (database) => ({ database, entries: await entriesOf(database) })),
    );
  } catch {
    return [];
  }
}

/** The address stands in the key; variants of one address have keys of their own and count as one. */
async function entriesOf(name: string): Promise<readonly string[]> {
  const database = await settled(indexedDB.open(name));
  try {
    if (!database.objectStoreNames.contains("meta")) return [];
    const keys = await settled(database.transaction("meta").objectStore("meta").getAllKeys());
    const addresses = keys.flatMap((key) =>
      typeof key === "string" ? (/https?:[^\s"]+/.exec(key) ?? []) : [],
    );
    return [...new Set(addresses)];
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("IndexedDB failed")));
  });
}

/** Writes follow the answer: looks now, and again until they must be done. */
export function lookAfterwards(look: () => Promise<void>): void {
  for (const wait of [0, 200, 600, 1_500]) setTimeout(() => void look(), wait);
}
