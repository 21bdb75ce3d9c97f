import { flushSync, mount, unmount, type Component } from "svelte";
import { get } from "svelte/store";
import { expect, test } from "vitest";
import { resource } from "../../bindings/svelte.ts";
import { subject } from "../browser/support.ts";
import ByRunes from "./Item.svelte";
import AsStore from "./StoreItem.svelte";
import { changing, type ItemProps } from "./svelte-props.svelte.ts";
import { describeBinding, item, type Item, type Mount, type Render } from "./suite.ts";

function mounting(view: Component<ItemProps>): Mount {
  return ({ api, input, components = 1 }) => {
    const renders: Render[] = [];
    const props = changing({ api, input, components, onRender: (render) => renders.push(render) });
    const target = document.createElement("div");
    const app = mount(view, { target, props });
    flushSync();
    return {
      texts: () => [...target.querySelectorAll("p")].map(({ textContent }) => textContent),
      renders,
      show: (next) => flushSync(() => (props.input = next)),
      leave: () => void unmount(app),
    };
  };
}

describeBinding("Svelte, by runes", mounting(ByRunes));
describeBinding("Svelte, as a store", mounting(AsStore));

test("a resource is read outside of components, too: what is in memory, and nothing is asked for", async () => {
  const api = subject();
  const { url, log } = await item();
  expect(resource<Item>(api, url).current).toMatchObject({ status: "pending", data: undefined });
  await api.json(url);
  expect(resource<Item>(api, url).current).toMatchObject({ status: "fresh", data: { name: "plum" } });
  expect(get(resource<Item>(api, url))).toMatchObject({ status: "fresh", data: { name: "plum" } });
  expect(await log()).toHaveLength(1);
});
