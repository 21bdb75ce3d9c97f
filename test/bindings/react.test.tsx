import { startTransition, StrictMode, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, onTestFinished, test } from "vitest";
import { useResource, type ResourceCache, type ResourceInput } from "../../bindings/react.ts";
import { fresh, path, subject } from "../browser/support.ts";
import { place, textsIn, times } from "./react-page.tsx";
import {
  describeBinding,
  item,
  json,
  nextTask,
  wordsOf,
  type Item,
  type Page,
  type Render,
} from "./suite.ts";

interface ItemProps {
  readonly api: ResourceCache;
  readonly input: ResourceInput;
  readonly onRender?: (render: Render) => void;
}

function ItemView({ api, input, onRender }: ItemProps): ReactNode {
  const state = useResource<Item>(api, input);
  onRender?.({ input: typeof input === "string" ? input : undefined, state });
  return <p>{wordsOf(state)}</p>;
}

function mount(wrap: (children: ReactNode) => ReactNode): Parameters<typeof describeBinding>[1] {
  return ({ api, input, components = 1 }): Page => {
    const { root, texts } = place();
    const renders: Render[] = [];
    const show = (shown: string | undefined): void =>
      flushSync(() =>
        root.render(
          wrap(
            times(components, (key) => (
              <ItemView
                key={key}
                api={api}
                input={shown}
                {...(key === 0 && { onRender: (render: Render) => renders.push(render) })}
              />
            )),
          ),
        ),
      );
    show(input);
    return { texts, renders, show, leave: () => root.unmount() };
  };
}

describeBinding(
  "React",
  mount((children) => children),
);

test("in StrictMode, which mounts twice, a resource is asked for once and followed once", async () => {
  const api = subject();
  const { url, log } = await item();
  const { root, texts } = place();
  root.render(
    <StrictMode>
      <ItemView api={api} input={url} />
    </StrictMode>,
  );
  await expect.poll(texts).toEqual(["fresh, plum, no error"]);
  await api.purge({ urls: [url] });
  await expect.poll(texts).toEqual(["fresh, pear, no error"]);
  expect(await log()).toHaveLength(2);
});

test("inputs that are other objects of the same address, and options that are others with the same values, change nothing", async () => {
  const api = subject();
  const { url, log } = await item();
  await api.json(url);
  let subscribed = 0;
  const counted: ResourceCache = {
    peek: api.peek,
    subscribe: (...args) => {
      subscribed += 1;
      return api.subscribe(...args);
    },
  };
  let again: () => void = () => undefined;
  function Restless(): ReactNode {
    const [count, setCount] = useState(0);
    again = () => flushSync(() => setCount((before) => before + 1));
    const { data } = useResource<Item>(counted, new URL(url), { focus: false, interval: "1h" });
    return <p>{`${data?.name} ${count}`}</p>;
  }
  const { root, texts } = place();
  flushSync(() => root.render(<Restless />));
  again();
  again();
  expect(texts()).toEqual(["plum 2"]);
  expect(subscribed).toBe(1);
  expect(await log()).toHaveLength(1);
});

test("components that React pauses between never show different values, though one comes in a pause", async () => {
  const api = subject();
  const { url } = await item();
  await api.json(url);
  await api.prefetch([]); // The code that makes changes is there.
  const { root, texts } = place();
  let rendered = 0;
  /** Slow, so that React pauses between the components of a transition. */
  function Slow(): ReactNode {
    const until = performance.now() + 6;
    while (performance.now() < until);
    rendered += 1;
    return <ItemView api={api} input={url} />;
  }
  let grow: () => void = () => undefined;
  function List(): ReactNode {
    const [count, setCount] = useState(0);
    grow = () => startTransition(() => setCount(12));
    return times(count, (key) => <Slow key={key} />);
  }
  const torn: string[] = [];
  const observer = new MutationObserver(() => {
    const shown = new Set(texts());
    if (shown.size > 1) torn.push([...shown].join(" and "));
  });
  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
  onTestFinished(() => observer.disconnect());
  flushSync(() => root.render(<List />));
  grow();
  while (rendered === 0) await nextTask();
  expect(rendered).toBeLessThan(12);
  await api.mutate<Item>(url, () => ({ name: "quince" }), { commit: () => nextTask() });
  await expect.poll(texts).toEqual(Array(12).fill("fresh, pear, no error"));
  expect(torn).toEqual([]);
});

test("a page that the server has rendered is taken over with what the server knew, and nothing is rendered anew", async () => {
  const { url, log } = await item();
  const server = subject();
  await server.json(url);
  const browser = subject();
  const html = renderToString(<ItemView api={server} input={url} />);
  expect(html).toContain("fresh, plum, no error");
  expect(browser.seed(JSON.parse(JSON.stringify(server.dehydrate())))).toBe(1);

  const container = document.body.appendChild(document.createElement("div"));
  container.innerHTML = html;
  const paragraph = container.querySelector("p");
  const errors: unknown[] = [];
  const renders: Render[] = [];
  const view = <ItemView api={browser} input={url} onRender={(render) => renders.push(render)} />;
  const root = hydrateRoot(container, view, {
    onRecoverableError: (error) => errors.push(error),
  });
  onTestFinished(() => {
    root.unmount();
    container.remove();
  });
  await expect.poll(() => renders.map(({ state }) => wordsOf(state))).toEqual(["fresh, plum, no error"]);
  await browser.purge({ urls: [url] });
  await expect.poll(() => textsIn(container)).toEqual(["fresh, pear, no error"]);
  expect(errors).toEqual([]);
  expect(container.querySelector("p")).toBe(paragraph);
  expect(await log()).toHaveLength(2);
});

test("a Request with header fields is a resource of its own", async () => {
  const api = subject();
  const { url, log } = await path({ body: json("Pflaume"), headers: fresh(600, { vary: "x-test" }) });
  const request = new Request(url, { headers: { "x-test": "de" } });
  const { root, texts } = place();
  root.render(<ItemView api={api} input={request} />);
  await expect.poll(texts).toEqual(["fresh, Pflaume, no error"]);
  expect((await log()).map(({ headers }) => headers["x-test"])).toEqual(["de"]);
});
