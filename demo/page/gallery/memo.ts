const prefix = "tidemark-gallery-";

/** A word that the page has kept in this browser; `undefined` also where the browser lets it keep nothing. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // It is forgotten with the page.
  }
}

/** Calls back when another tab has remembered something else under the name. */
export function onRemembered(name: string, callback: (value: string) => void): void {
  addEventListener("storage", ({ key, newValue }) => {
    if (key === prefix + name && newValue !== null) callback(newValue);
  });
}
