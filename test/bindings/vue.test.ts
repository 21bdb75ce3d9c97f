import { createApp, defineComponent, effectScope, h, nextTick, ref, shallowRef } from "vue";
import { renderToString } from "vue/server-renderer";
import { expect, test } from "vitest";
import { useResource, type ResourceInput } from "../../bindings/vue.ts";
import { subject } from "../browser/support.ts";
import { describeBinding, item, wordsOf, type Item, type Page, type Render } from "./suite.ts";

describeBinding("Vue", ({ api, input, components = 1 }): Page => {
  const shown = ref(input);
  const renders: Render[] = [];
  const ItemView = defineComponent({
    props: { isFirst: Boolean },
    setup({ isFirst }) {
      const refs = useResource<Item>(api, shown);
      return () => {
        const state = {
          data: refs.data.value,
          status: refs.status.value,
          age: refs.age.value,
          error: refs.error.value,
          isFetching: refs.isFetching.value,
        };
        if (isFirst) renders.push({ input: shown.value, state });
        return h("p", wordsOf(state));
      };
    },
  });
  const container = document.createElement("div");
  const app = createApp(() =>
    Array.from({ length: components }, (_, key) => h(ItemView, { key, isFirst: key === 0 })),
  );
  app.mount(container);
  return {
    texts: () => [...container.querySelectorAll("p")].map(({ textContent }) => textContent),
    renders,
    show: (next) => (shown.value = next),
    leave: () => app.unmount(),
  };
});

test("the refs change within the call that changes the URL, and are readonly", async () => {
  const api = subject();
  const [one, other] = [await item("plum"), await item("fig")];
  await Promise.all([api.json(one.url), api.json(other.url)]);
  const scope = effectScope();
  const input = shallowRef<ResourceInput>(one.url);
  const resource = scope.run(() => useResource<Item>(api, input));
  expect(resource?.data.value).toEqual({ name: "plum" });
  input.value = new URL(other.url);
  expect(resource?.data.value).toEqual({ name: "fig" });
  expect(resource?.data.value).toBe(api.peek(other.url));
  scope.stop();
});

test("disposing of the effect scope ends it", async () => {
  const api = subject();
  const { url, log } = await item();
  const scope = effectScope();
  const resource = scope.run(() => useResource<Item>(api, () => url));
  await expect.poll(() => resource?.status.value).toBe("fresh");
  scope.stop();
  await api.purge({ urls: [url] });
  const other = await item();
  await api.json(other.url);
  await nextTick();
  expect(await log()).toHaveLength(1);
});

test("a server renders what it knows", async () => {
  const api = subject();
  const { url } = await item();
  await api.json(url);
  const app = createApp({
    setup() {
      const { data } = useResource<Item>(api, url);
      return () => h("p", data.value?.name);
    },
  });
  expect(await renderToString(app)).toBe("<p>plum</p>");
});
