/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { ErrorBoundary, Suspense, type FC } from "hono/jsx";
import { css, Style } from "hono/css";
import { jsxRenderer, useRequestContext } from "hono/jsx-renderer";
import { describe, expect, test } from "vitest";
import { createCache, memoryLedger, memoryStore, type Cache } from "../../src/index.ts";
import { valueCache, type ValueCacheEnv } from "../../worker/index.ts";
import { Cached, type CachedProps } from "../../worker/fragment.ts";

/** A page that counts what is rendered, over a cache and a clock of its own. */
function site(page: FC<{ count: (what: string) => number }>, { stream = false, far = false } = {}) {
  let now = Date.parse("2026-11-01T12:00:00Z");
  const counts = new Map<string, number>();
  const count = (what: string): number => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    return counts.get(what) ?? 0;
  };
  const clock = (): number => now;
  const tiers = far ? [{ store: withoutPeek(clock), name: "far" }] : [memoryStore({ clock })];
  const app = new Hono<ValueCacheEnv>();
  const caches: Cache[] = [];
  app.use(valueCache({ clock, tiers, ledger: memoryLedger({ clock }) }));
  app.use(async (c, next) => {
    caches.push(c.var.cache);
    await next();
  });
  app.use(jsxRenderer(({ children }) => <main>{children}</main>, { stream, docType: false }));
  const Page = page;
  app.get("/", (c) => c.render(<Page count={count} />));
  app.onError((error, c) => c.text(`failed: ${error.message}`, 500));
  return {
    counts,
    cache: (): Cache => caches[0]!,
    pass: (seconds: number): void => void (now += seconds * 1_000),
    html: async (headers: Record<string, string> = {}) => {
      const html = await (await app.request("/", { headers })).text();
      return html.replace(/^<main>(.*)<\/main>$/s, "$1");
    },
  };
}

/** A store as those outside the isolate are: each read is a promise. */
function withoutPeek(clock: () => number) {
  const { get, set, delete: remove } = memoryStore({ clock });
  return { name: "far", get, set, delete: remove };
}

const Slow: FC<{ text: string }> = async ({ text }) => {
  await new Promise((resolve) => void setTimeout(resolve, 1));
  return <i>{text}</i>;
};

describe("<Cached>", () => {
  test.each([{ far: false }, { far: true }])("renders once until its ttl is over: %o", async (options) => {
    const { html, pass } = site(
      ({ count }) => (
        <Cached cacheKey={["card", 1]} ttl="15m">
          {() => <b>{count("card")}</b>}
        </Cached>
      ),
      options,
    );
    expect([await html(), await html()]).toEqual(["<b>1</b>", "<b>1</b>"]);
    pass(901);
    expect(await html()).toBe("<b>2</b>");
  });

  test("keeps the HTML as it was: escaped once, and not again", async () => {
    const { html } = site(() => (
      <Cached cacheKey="escaped">{() => <b title={'"quoted"'}>{"<script>&amp;"}</b>}</Cached>
    ));
    const escaped = '<b title="&quot;quoted&quot;">&lt;script&gt;&amp;amp;</b>';
    expect([await html(), await html()]).toEqual([escaped, escaped]);
  });

  test.each<[string, CachedProps["children"], string]>([
    ["text, which is escaped", () => "<b>", "&lt;b&gt;"],
    ["a number", () => 7, "7"],
    ["nothing", () => null, ""],
    ["a list", () => [<i>1</i>, "<", null], "<i>1</i>&lt;"],
    ["a promise", async () => <i>later</i>, "<i>later</i>"],
    ["an asynchronous component", () => <Slow text="<" />, "<i>&lt;</i>"],
  ])("takes %s", async (_, children, expected) => {
    const { html } = site(() => <Cached cacheKey="taken">{children}</Cached>);
    expect([await html(), await html()]).toEqual([expected, expected]);
  });

  test("has another fragment for another key: parts, dates, and what it varies by", async () => {
    let props: Omit<CachedProps, "children"> = { cacheKey: "" };
    const { html, counts } = site(({ count }) => <Cached {...props}>{() => <b>{count("made")}</b>}</Cached>);
    const day = (number: number) => new Date(Date.UTC(2026, 10, number));
    const different: (typeof props)[] = [
      { cacheKey: "a" },
      { cacheKey: ["a", 1] },
      { cacheKey: ["a", "1"] },
      { cacheKey: ["a"], vary: [{ x: 1 }] },
      { cacheKey: ["a"], vary: [{ x: "1" }] },
      { cacheKey: ["a"], vary: ["x"] },
      { cacheKey: ["a", "x"] },
      { cacheKey: ["a", day(1)] },
      { cacheKey: ["a", day(2)] },
    ];
    for (const each of [...different, ...different]) {
      props = each;
      await html({ x: "1" });
    }
    expect(counts.get("made")).toBe(different.length);
    props = { cacheKey: ["a", day(1)] };
    expect(await html()).toBe("<b>8</b>");
  });

  test("varies by request fields, in which what means the same is the same", async () => {
    const { html } = site(({ count }) => (
      <Cached cacheKey="language" vary={["Accept-Language"]}>
        {() => <b>{`${useRequestContext().req.header("accept-language")} ${count("made")}`}</b>}
      </Cached>
    ));
    expect(await html({ "accept-language": "fr, en;q=0.5" })).toBe("<b>fr, en;q=0.5 1</b>");
    expect(await html({ "accept-language": "en" })).toBe("<b>en 2</b>");
    expect(await html({ "accept-language": "fr,en;q=0.50" })).toBe("<b>fr, en;q=0.5 1</b>");
  });

  test("does not keep what fails, and the page's error boundary takes it", async () => {
    let fails = true;
    const { html } = site(({ count }) => (
      <ErrorBoundary fallback={<p>sorry</p>}>
        <Cached cacheKey="fails">
          {() => {
            if (fails) throw new Error("not today");
            return <b>{count("made")}</b>;
          }}
        </Cached>
      </ErrorBoundary>
    ));
    expect(await html()).toBe("<p>sorry</p>");
    fails = false;
    expect([await html(), await html()]).toEqual(["<b>1</b>", "<b>1</b>"]);
  });

  test("does not keep it either where an asynchronous component deep in it fails", async () => {
    let fails = true;
    const Deep: FC = async () => {
      await Promise.resolve();
      if (fails) throw new Error("not today");
      return <b>well</b>;
    };
    const { html } = site(() => (
      <Cached cacheKey="deep">
        {() => (
          <div>
            <Deep />
          </div>
        )}
      </Cached>
    ));
    expect(await html()).toBe("failed: not today");
    fails = false;
    expect(await html()).toBe("<div><b>well</b></div>");
  });

  test("renders once for all who ask at once", async () => {
    const { html, counts } = site(({ count }) => (
      <Cached cacheKey="crowd">
        {() => (
          <b>
            {count("made")}
            <Slow text="x" />
          </b>
        )}
      </Cached>
    ));
    const pages = await Promise.all(Array.from({ length: 8 }, () => html()));
    expect(new Set(pages)).toEqual(new Set(["<b>1<i>x</i></b>"]));
    expect(counts.get("made")).toBe(1);
  });

  test("hands out the stale one while it renders the next", async () => {
    const { html, pass, cache } = site(({ count }) => (
      <Cached cacheKey="stale" ttl="1m" staleWhileRevalidate="1m">
        {() => <b>{`${useRequestContext().req.path} ${count("made")}`}</b>}
      </Cached>
    ));
    expect(await html()).toBe("<b>/ 1</b>");
    pass(61);
    expect(await html()).toBe("<b>/ 1</b>");
    await cache().close();
    expect(await html()).toBe("<b>/ 2</b>");
  });
});

describe("<Cached> in <Cached>", () => {
  function dolls(options?: { far: boolean }) {
    return site(
      ({ count }) => (
        <Cached cacheKey="list" ttl="1h" tags={["list"]}>
          {() => (
            <ul>
              {count("list")}
              {[1, 2].map((id) => (
                <Cached cacheKey={["item", id]} ttl="1h" tags={[`item:${id}`]}>
                  {() => <li>{`${id}.${count(`item ${id}`)}`}</li>}
                </Cached>
              ))}
            </ul>
          )}
        </Cached>
      ),
      options,
    );
  }

  test.each([{ far: false }, { far: true }])(
    "renders again only what a purge covers, and what is around it: %o",
    async (options) => {
      const { html, cache } = dolls(options);
      expect(await html()).toBe("<ul>1<li>1.1</li><li>2.1</li></ul>");
      await cache().purge({ tags: ["item:1"] });
      expect(await html()).toBe("<ul>2<li>1.2</li><li>2.1</li></ul>");
      // This list was made with items that were kept: it carries their tags all the same.
      await cache().purge({ tags: ["list"] });
      expect(await html()).toBe("<ul>3<li>1.2</li><li>2.1</li></ul>");
      await cache().purge({ tags: ["item:2"] });
      expect(await html()).toBe("<ul>4<li>1.2</li><li>2.2</li></ul>");
    },
  );

  test("renders one with the key of one around it by itself, as it would wait for itself", async () => {
    const { html } = site(() => (
      <Cached cacheKey="same">
        {() => (
          <i>
            <Cached cacheKey={["same"]}>{() => <b>inner</b>}</Cached>
          </i>
        )}
      </Cached>
    ));
    expect([await html(), await html()]).toEqual(["<i><b>inner</b></i>", "<i><b>inner</b></i>"]);
  });

  test("mixes no neighbours: the same fragment twice, and others at once, each with its own tags", async () => {
    const Late: FC<{ id: number; count: (what: string) => number }> = async ({ id, count }) => {
      await Promise.resolve();
      return (
        <Cached cacheKey={["in", id]} tags={[`in:${id}`]}>
          {() => <b>{`${id}.${count(`in ${id}`)}`}</b>}
        </Cached>
      );
    };
    const { html, cache } = site(({ count }) => (
      <>
        {[1, 2, 1].map((id) => (
          <Cached cacheKey={["out", id]}>
            {() => (
              <i>
                {count(`out ${id}`)}
                <Late id={id} count={count} />
              </i>
            )}
          </Cached>
        ))}
        <Late id={1} count={count} />
      </>
    ));
    expect(await html()).toBe("<i>1<b>1.1</b></i><i>1<b>2.1</b></i><i>1<b>1.1</b></i><b>1.1</b>");
    await cache().purge({ tags: ["in:1"] });
    expect(await html()).toBe("<i>2<b>1.2</b></i><i>1<b>2.1</b></i><i>2<b>1.2</b></i><b>1.2</b>");
    await cache().purge({ tags: ["in:2"] });
    expect(await html()).toBe("<i>2<b>1.2</b></i><i>2<b>2.2</b></i><i>2<b>1.2</b></i><b>1.2</b>");
  });

  test("finds the request and the cache below an asynchronous component", async () => {
    const Later: FC<{ count: () => number }> = async ({ count }) => {
      await Promise.resolve();
      return <Cached cacheKey="inner">{() => <b>{`${useRequestContext().req.path} ${count()}`}</b>}</Cached>;
    };
    const { html } = site(({ count }) => (
      <Cached cacheKey="outer">{() => <Later count={() => count("inner")} />}</Cached>
    ));
    expect([await html(), await html()]).toEqual(["<b>/ 1</b>", "<b>/ 1</b>"]);
  });
});

describe("<Cached> and the rest of hono/jsx", () => {
  test("streams: what is in a Suspense follows, and a hit in memory needs no fallback", async () => {
    const { html } = site(
      ({ count }) => (
        <Suspense fallback={<p>wait</p>}>
          <Cached cacheKey="streamed">
            {() => (
              <b>
                {count("made")}
                <Slow text="x" />
              </b>
            )}
          </Cached>
        </Suspense>
      ),
      { stream: true },
    );
    expect(await html()).toMatch(/<p>wait<\/p>.*<b>1<i>x<\/i><\/b>/s);
    expect(await html()).toBe("<b>1<i>x</i></b>");
  });

  test("keeps a Suspense in it as what it comes to", async () => {
    const { html } = site(() => (
      <Cached cacheKey="suspended">
        {() => (
          <Suspense fallback={<p>wait</p>}>
            <Slow text="x" />
          </Suspense>
        )}
      </Cached>
    ));
    expect([await html(), await html()]).toEqual(["<i>x</i>", "<i>x</i>"]);
  });

  test("keeps the styles of hono/css", async () => {
    const { html } = site(() => (
      <div>
        <Style />
        <Cached cacheKey="styled">
          {() => (
            <b
              class={css`
                color: red;
              `}
            >
              x
            </b>
          )}
        </Cached>
      </div>
    ));
    expect(await html()).toContain("color:red");
    expect(await html()).toContain("color:red");
  });

  test("takes a cache as a prop where nobody renders for a request, and gives it to those inside", async () => {
    const cache = createCache();
    let made = 0;
    const page = () =>
      Cached({
        cacheKey: "own",
        cache,
        children: () => <Cached cacheKey="in it">{() => <b>{++made}</b>}</Cached>,
      });
    expect([String(await page()), String(await page())]).toEqual(["<b>1</b>", "<b>1</b>"]);
  });

  test("takes what stands under its key and is no fragment for a miss", async () => {
    const cache = createCache();
    await cache.set(["<Cached>", 1, "foreign"], { html: 7 });
    const html = await Cached({ cacheKey: "foreign", cache, children: () => <b>made</b> });
    expect(String(html)).toBe("<b>made</b>");
  });
});

describe("<Cached> says in a sentence", () => {
  const given = { cache: createCache(), cacheKey: "a", children: () => "x" };
  test.each<[string, object]>([
    ["its child must be a function", { ...given, children: <b>x</b> }],
    ["its child must be a function", { ...given, children: undefined }],
    ["cacheKey must be text or a list", { ...given, cacheKey: undefined }],
    ["there is no cache", { ...given, cache: undefined }],
    ["it must name a request field", { ...given, vary: ["accept language"] }],
    ["there is no request to read the field of", { ...given, vary: ["accept-language"] }],
    ["it must be text, or a list of texts, finite numbers", { ...given, cacheKey: [new Date(Number.NaN)] }],
    ["it must be text, or a list of texts, finite numbers", { ...given, cacheKey: [{}] }],
    ["Cannot read ttl", { ...given, ttl: "soon" }],
  ])("that %s", async (sentence, props) => {
    const render = async () => Cached(props as unknown as CachedProps);
    await expect(render()).rejects.toThrow(sentence);
    await expect(render()).rejects.toBeInstanceOf(TypeError);
  });
});
