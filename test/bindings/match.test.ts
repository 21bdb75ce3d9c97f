import { expect, test } from "vitest";
import { matcher, type Match } from "../../service-worker/match.ts";

const BASE = "https://shop.example/sw.js";

test.each<[match: Match | readonly Match[], url: string, isOurs: boolean]>([
  ["/api/", "https://shop.example/api/", true],
  ["/api/", "https://shop.example/api/products/7?page=2", true],
  ["/api/", "https://shop.example/api", false],
  ["/api/", "https://other.example/api/products", false],
  ["/api", "https://shop.example/api", true],
  ["/api", "https://shop.example/api/products", true],
  ["/api", "https://shop.example/apis", false],
  ["https://api.example/v1", "https://api.example/v1/products", true],
  ["https://api.example/v1", "https://shop.example/v1/products", false],
  [/\.json$/g, "https://shop.example/list.json", true],
  [/\.json$/, "https://shop.example/list.html", false],
  [(url) => url.searchParams.has("cached"), "https://shop.example/?cached", true],
  [["/a", "/b"], "https://shop.example/b/1", true],
  [["/a", "/b"], "https://shop.example/c", false],
  [[], "https://shop.example/", false],
])("%s matches %s: %s", (match, address, isOurs) => {
  const url = new URL(address);
  const matches = matcher(match, BASE);
  const request = new Request(url);
  expect([matches(url, request), matches(url, request)]).toEqual([isOurs, isOurs]);
});

test.each<unknown>([undefined, null, 7, {}, "https://[", [null]])("%s is no match", (match) => {
  expect(() => matcher(match as Match, BASE)).toThrow(TypeError);
});
