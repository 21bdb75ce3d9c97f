/** What may stand inside an element. Text is always set as text: no data is ever parsed as HTML. */
export type Child = Node | string | undefined;

type Attributes = Readonly<Record<string, string | undefined>>;

/** Makes an element. An attribute that is `undefined` is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Finds an element of index.html. A missing one is a mistake in the page, so it throws. */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type))
    throw new TypeError(`Cannot find #${id}: it is not a ${type.name} of this page`);
  return element;
}

/** A button that does one thing. */
export function button(
  attributes: Attributes,
  onClick: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", onClick);
  return element;
}

/** A bar of a share from 0 to 1. Set through the object model: the page allows no inline style. */
export function bar(share: number): HTMLElement {
  const element = h("span", { class: "bar", "aria-hidden": "true" });
  element.style.setProperty("--share", String(Math.min(1, Math.max(0, share))));
  return element;
}

/**
 * Runs one task at a time: a new one aborts the one before, so an answer that comes late never
 * overwrites a later question.
 */
export function createLane(): (task: (signal: AbortSignal) => Promise<void>) => Promise<void> {
  let current: AbortController | undefined;
  return function run(task) {
    current?.abort();
    current = new AbortController();
    return task(current.signal);
  };
}
