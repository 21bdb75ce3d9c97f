import type { ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { onTestFinished } from "vitest";

/** A place on the page that is empty again after the test. */
export interface Place {
  readonly root: Root;
  /** The text of each paragraph by now. */
  texts(): readonly string[];
}

export function place(): Place {
  const container = document.body.appendChild(document.createElement("div"));
  const root = createRoot(container);
  onTestFinished(() => {
    root.unmount();
    container.remove();
  });
  return { root, texts: () => textsIn(container) };
}

export const textsIn = (container: HTMLElement): readonly string[] =>
  [...container.querySelectorAll("p")].map(({ textContent }) => textContent);

/** So many of the same. */
export const times = (count: number, view: (key: number) => ReactNode): ReactNode[] =>
  Array.from({ length: count }, (_, key) => view(key));
