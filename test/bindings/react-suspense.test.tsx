import { Component, Suspense, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { expect, onTestFinished, test } from "vitest";
import { useSuspenseResource } from "../../bindings/react.ts";
import type { ApiCache } from "../../browser/index.ts";
import { path, subject } from "../browser/support.ts";
import { item, json, type Item } from "./suite.ts";

interface ViewProps {
  readonly api: ApiCache;
  readonly url: string;
}

function Name({ api, url }: ViewProps): ReactNode {
  return useSuspenseResource<Item>(api, url).name;
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state = { error: undefined };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <button onClick={() => this.setState({ error: undefined })}>{String(error)}</button>;
  }
}

/** The text of a page with so many components, all that it ever was, and its one button. */
function page(view: ViewProps, components = 1) {
  const container = document.body.appendChild(document.createElement("div"));
  const errors: unknown[] = [];
  const root = createRoot(container, { onCaughtError: (error) => errors.push(error) });
  const texts: string[] = [];
  const observer = new MutationObserver(() => texts.push(container.innerText));
  observer.observe(container, { childList: true, characterData: true, subtree: true, attributes: true });
  onTestFinished(() => {
    observer.disconnect();
    root.unmount();
    container.remove();
  });
  root.render(
    <Boundary>
      <Suspense fallback="loading">
        {Array.from({ length: components }, (_, index) => (
          <Name key={index} {...view} />
        ))}
      </Suspense>
    </Boundary>,
  );
  return {
    text: () => container.innerText,
    texts,
    errors,
    retry: () => container.querySelector("button")?.click(),
  };
}

test("what is in memory is shown at once, without the fallback", async () => {
  const api = subject();
  const { url } = await item();
  await api.json(url);
  const { text, texts } = page({ api, url });
  await expect.poll(text).toBe("plum");
  expect(texts).not.toContain("loading");
});

test("what is not there suspends, is asked for once, and is followed from then on", async () => {
  const api = subject();
  const { url, log } = await item();
  const { text, texts } = page({ api, url }, 2);
  await expect.poll(text).toBe("plumplum");
  expect(texts[0]).toBe("loading");
  expect(await log()).toHaveLength(1);
  const before = texts.length;
  await api.purge({ urls: [url] });
  await expect.poll(text).toBe("pearpear");
  expect(texts.slice(before)).not.toContain("loading");
});

test("what may not be stored is shown, too", async () => {
  const api = subject();
  const { url } = await path({ body: json("secret"), headers: { "cache-control": "no-store" } });
  const { text } = page({ api, url });
  await expect.poll(text).toBe("secret");
});

test("an error goes to the boundary, and a retry asks again", async () => {
  const api = subject();
  const { url } = await path([{ status: 503 }, { body: json("plum") }]);
  const { text, errors, retry } = page({ api, url });
  await expect.poll(text).toContain("503");
  expect(errors).toMatchObject([{ name: "ResponseError", status: 503 }]);
  await expect.poll(() => (retry(), text()), { interval: 300, timeout: 5_000 }).toBe("plum");
});
