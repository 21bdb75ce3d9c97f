import { QueryClient, useQuery } from "@tanstack/react-query";
import type { ComputedRef } from "vue";
import { expectTypeOf, test } from "vitest";
import { resourceQuery } from "../../adapters/tanstack-query.ts";
import { useResource, useSuspenseResource } from "../../bindings/react.ts";
import { resource } from "../../bindings/svelte.ts";
import { useResource as useVueResource } from "../../bindings/vue.ts";
import type { ApiCache, ResourceState } from "../../browser/index.ts";
import type { Readable } from "svelte/store";
import { subject } from "../browser/support.ts";
import type { Item } from "./suite.ts";

const api: ApiCache = subject();

test("React: the type named is the type of the data", () => {
  expectTypeOf(useResource<Item>).returns.toEqualTypeOf<ResourceState<Item>>();
  expectTypeOf(useSuspenseResource<Item>).returns.toEqualTypeOf<Item>();
  expectTypeOf(useResource)
    .parameter(1)
    .extract<null | undefined | false>()
    .toEqualTypeOf<null | undefined | false>();
  // @ts-expect-error A component that suspends has to know what for.
  expectTypeOf(useSuspenseResource).toBeCallableWith(api, null);
});

test("Vue: refs that cannot be written to", () => {
  expectTypeOf(useVueResource<Item>)
    .returns.toHaveProperty("data")
    .toEqualTypeOf<ComputedRef<Item | undefined>>();
  expectTypeOf(useVueResource<Item>).toBeCallableWith(api, () => "/api/items/7");
  // @ts-expect-error A computed ref is readonly.
  const write = (refs: ReturnType<typeof useVueResource<Item>>) => (refs.data.value = { name: "plum" });
  expectTypeOf(write).toBeFunction();
});

test("Svelte: a readable store of the state", () => {
  expectTypeOf(resource<Item>).returns.toExtend<Readable<ResourceState<Item>>>();
});

test("TanStack Query: options from which it infers the type of the data", () => {
  const query = resourceQuery<Item>(api, "/api/items/7");
  const shown = () => useQuery(query).data;
  expectTypeOf(shown).returns.toEqualTypeOf<Item | undefined>();
  const fetched = () => new QueryClient().fetchQuery(query);
  expectTypeOf(fetched).returns.resolves.toEqualTypeOf<Item>();
});
