import { Hono } from "hono";
import { html } from "hono/html";
import type { Articles } from "./articles.ts";
import type { cachedArticles } from "./caching.ts";

const LONGEST = { title: 200, body: 10_000 };

type Page = ReturnType<typeof html>;

/** The site: a list, a page for each article with a form, and a save. */
export function createApp(cached: ReturnType<typeof cachedArticles>, articles: Articles): Hono {
  const app = new Hono();
  /** What an edge in front may keep, until a save purges it; browsers ask each time. */
  const keep = (...tags: readonly string[]) => ({
    "cache-control": "max-age=0, s-maxage=600",
    "cache-tag": tags.join(","),
  });
  const page = (title: string, main: Page): Page =>
    html`<!doctype html>
      <html lang="en">
        <meta charset="utf-8" />
        <title>${title}</title>
        <h1>${title}</h1>
        ${main}
        <footer>This process has read its database ${articles.reads} times.</footer>
      </html>`;

  app.get("/", async (c) => {
    const all = await cached.all();
    const items = all.map(({ id, title }) => html`<li><a href="/articles/${id}">${title}</a></li>`);
    return c.html(
      page(
        "Articles",
        html`<ul>
          ${items}
        </ul>`,
      ),
      200,
      keep("articles"),
    );
  });

  app.get("/articles/:id{[1-9][0-9]{0,8}}", async (c) => {
    const id = Number(c.req.param("id"));
    const article = await cached.find(id);
    if (article === null) return c.html(page("There is no such article", html``), 404);
    const form = html`<form method="post">
      <p><input name="title" value="${article.title}" maxlength="${LONGEST.title}" required /></p>
      <p><textarea name="body" maxlength="${LONGEST.body}">${article.body}</textarea></p>
      <button>Save</button> <a href="/">All articles</a>
    </form>`;
    return c.html(page(article.title, form), 200, keep(`article:${id}`));
  });

  app.post("/articles/:id{[1-9][0-9]{0,8}}", async (c) => {
    const { title, body } = await c.req.parseBody();
    const isGood =
      typeof title === "string" &&
      typeof body === "string" &&
      title.trim() !== "" &&
      title.length <= LONGEST.title &&
      body.length <= LONGEST.body;
    if (!isGood) return c.html(page("A title is needed, and neither may be too long", html``), 422);
    const isThere = await cached.save({ id: Number(c.req.param("id")), title, body });
    return isThere ? c.redirect(c.req.path, 303) : c.html(page("There is no such article", html``), 404);
  });

  return app;
}
