import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import browser from "../browser/vitest.config.ts";
import { workerPages } from "./worker-pages.ts";

const { test, plugins = [], ...rest } = browser;

/** As the tests of the browser module, with what turns Svelte's components into code, and pages with a service worker. */
export default defineConfig({
  ...rest,
  plugins: [...plugins, svelte({ configFile: false }), workerPages()],
  // What Vue wants its bundler to say.
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
  },
  optimizeDeps: {
    include: [
      ...(rest.optimizeDeps?.include ?? []),
      "@tanstack/react-query",
      "axios",
      "axios-cache-interceptor",
      "ky",
      "ofetch",
      "react",
      "react-dom",
      "react-dom/client",
      "react-dom/server",
      "react/jsx-dev-runtime",
      "swr",
      "vue",
      "vue/server-renderer",
    ],
  },
  test: {
    ...test,
    name: "bindings",
    include: ["test/bindings/**/*.test.{ts,tsx}"],
    globalSetup: [fileURLToPath(new URL("../browser/server.ts", import.meta.url))],
  },
});
