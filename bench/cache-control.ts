import { parse as parseTusbar } from "@tusbar/cache-control";
import modern from "cache-control-parser";
import CachePolicy from "http-cache-semantics";
import parseHapi from "parse-cache-control";
import { responseDirectives } from "../src/index.ts";
import { contestant, type Race, type Subject } from "./measure.ts";
import { cacheControl, inTurn } from "./samples.ts";

function race(title: string, make: (index: number) => string): Race {
  const next = inTurn(make);
  return {
    title,
    contestants: [
      contestant("tidemark", () => responseDirectives(next())),
      contestant("cache-control-parser", () => modern.parse(next())),
      contestant("@tusbar/cache-control", () => parseTusbar(next())),
      contestant("parse-cache-control", () => parseHapi(next())),
      contestant(
        "http-cache-semantics (a policy)",
        () => new CachePolicy({ headers: {} }, { status: 200, headers: { "cache-control": next() } }),
      ),
    ],
  };
}

export const cacheControlSubject: Subject = {
  title: "Cache-Control",
  about:
    "Reads the value of one field, another one each time. `http-cache-semantics` does not offer its parser alone, so a " +
    "policy is made of a response that has no other field. What the parsers make of quotes, of values that contradict each " +
    "other and of broken ones differs.",
  async run(hold) {
    await hold(race("`public, max-age=600, stale-while-revalidate=60`", cacheControl));
    await hold(
      race(
        '`Max-Age="600", no-cache="set-cookie, x-a", community=uci`',
        (index) => `Max-Age="${600 + index}", no-cache="set-cookie, x-a", community=uci-${index}`,
      ),
    );
  },
};
