import type { ApiCache } from "../../browser/index.ts";
import type { Render } from "./suite.ts";

export interface ItemProps {
  api: ApiCache;
  input: string | undefined;
  components: number;
  onRender: (render: Render) => void;
}

/** Properties that a test changes from outside of components. */
export function changing(given: ItemProps): ItemProps {
  const { api, components, onRender } = given;
  let input = $state(given.input);
  return {
    api,
    components,
    onRender,
    get input() {
      return input;
    },
    set input(next) {
      input = next;
    },
  };
}
