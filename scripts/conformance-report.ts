// From the suite's results to a report. Pure: what it says follows from its arguments.
import type { Kind, Published, Results, Suite, SuiteTest, Verdict } from "./conformance-suite.ts";

/** Tests that this runtime cannot meet, or that ask for more than the standard does. */
const EXPLANATIONS: readonly (readonly [ids: RegExp, why: string])[] = [
  [/^interim-/, "workerd does not relay 1xx responses."],
  [/^invalidate-M-SEARCH/, "The runtime answers M-SEARCH with 501 before the worker runs."],
  [
    /^conditional-lm-fresh-no-lm$/,
    "It expects what RFC 9111, 4.3.2 does not say: without Last-Modified, the stored Date is compared.",
  ],
];

/** Longer messages quote whole bodies. */
const LONGEST_MESSAGE = 240;

/** What was run, and with what. */
export interface Run {
  readonly date: string;
  readonly profile: string;
  readonly tiers: string;
  readonly workerd: string;
  readonly node: string;
}

export interface Judged {
  readonly test: SuiteTest;
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface JudgedGroup {
  readonly name: string;
  readonly judged: readonly Judged[];
}

/** Judges results by the suite's rules, group by group. Tests for browsers alone are left out. */
export function judge(suite: Suite, results: Results): JudgedGroup[] {
  return suite.groups.map(({ name, tests }) => ({
    name,
    judged: tests
      .filter((test) => !test.browserOnly)
      .map((test) => {
        const verdict = suite.verdict(test.id, results);
        return { test, verdict, reason: reasonOf(suite, test, verdict, results) };
      }),
  }));
}

function reasonOf(suite: Suite, test: SuiteTest, verdict: Verdict, results: Results): string {
  const own = messageOf(results[test.id]);
  switch (verdict) {
    case "passed":
      return "";
    case "failed":
      return code(own);
    case "dependency": {
      const failed = test.dependsOn.filter((id) => suite.verdict(id, results) !== "passed");
      const itself = own === "" ? "By itself it passes." : `Its own result: ${code(own)}.`;
      return `Depends on ${failed.map(code).join(", ")}, which did not pass. ${itself}`;
    }
    case "setup":
      return `Its setup failed: ${code(own)}`;
    case "harness":
      return `No answer in time: ${code(own)}`;
    case "retry":
      return "A request was sent to the origin twice.";
    case "untested":
      return "The client gave no result.";
  }
}

function messageOf(result: unknown): string {
  if (result === true || result === undefined) return "";
  const [name, message]: readonly unknown[] = Array.isArray(result) ? result : [];
  return typeof message === "string" && message !== "" ? message : String(name);
}

/** Text as it stands, in a cell of a table. */
function code(text: string): string {
  const short = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
  return `\`${short.replaceAll("`", "'").replaceAll("|", "\\|").replace(/\s+/g, " ").trim()}\``;
}

interface Score {
  readonly passed: number;
  readonly total: number;
}

/** How many tests of a kind there are, and how many passed. */
export function score(groups: readonly JudgedGroup[], kind: Kind): Score {
  const judged = groups.flatMap((group) => group.judged).filter(({ test }) => test.kind === kind);
  return { passed: judged.filter(({ verdict }) => verdict === "passed").length, total: judged.length };
}

export function showScore({ passed, total }: Score): string {
  return total === 0 ? "–" : `${passed} of ${total}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The report, in Markdown. */
export function report(suite: Suite, groups: readonly JudgedGroup[], run: Run): string {
  const sections = [
    "# Conformance",
    `What the public HTTP cache test suite, [http-tests/cache-tests](https://github.com/http-tests/cache-tests), says of the
edge worker. Written by \`npm run conformance -- <checkout of the suite>\`; every change by hand is lost.`,
    [
      `- Date: ${run.date}`,
      `- Suite: ${suite.version}`,
      `- Profile: ${run.profile}, tiers: ${run.tiers}`,
      `- Runtime: workerd ${run.workerd}; origin and client on Node ${run.node}`,
    ].join("\n"),
    `The suite's own rules judge: a test counts only if those it depends on pass too. Tests for a browser's own cache are left
out, those for a CDN are in.`,
    "## Totals",
    table(
      ["Kind", "Passed", "Meaning"],
      [
        ["required", showScore(score(groups, "required")), "what the standard demands"],
        ["optimal", showScore(score(groups, "optimal")), "what a cache that does all it may do does"],
        [
          "check",
          showScore(score(groups, "check")),
          "information: how often the answer is yes, neither is wrong",
        ],
      ],
    ),
    "## By group",
    table(
      ["Group", "Required", "Optimal"],
      groups.map((group) => [
        group.name,
        showScore(score([group], "required")),
        showScore(score([group], "optimal")),
      ]),
    ),
    ...publishedSection(suite, groups),
    "## Not passed",
    notPassed(groups),
  ];
  return `${sections.join("\n\n")}\n`;
}

function publishedSection(suite: Suite, groups: readonly JudgedGroup[]): string[] {
  if (suite.published.length === 0) return [];
  const others = suite.published.map(({ name, results }: Published) => scoreRow(name, judge(suite, results)));
  return [
    "## Beside others",
    `The results of other caches that come with the suite, judged by the same rules. They were obtained by others, at another
time; tests that their files do not have count as not passed.`,
    table(["Cache", "Required", "Optimal", "Not tested"], [scoreRow("Tidemark", groups), ...others]),
  ];
}

function scoreRow(name: string, groups: readonly JudgedGroup[]): string[] {
  const untested = groups
    .flatMap((group) => group.judged)
    .filter(({ test, verdict }) => test.kind !== "check" && verdict === "untested");
  return [
    name,
    showScore(score(groups, "required")),
    showScore(score(groups, "optimal")),
    String(untested.length),
  ];
}

/** A check that answers "no" has answered; all else that is not passed is told. */
function notPassed(groups: readonly JudgedGroup[]): string {
  const rows = groups
    .flatMap((group) => group.judged)
    .filter(({ test, verdict }) => verdict !== "passed" && !(test.kind === "check" && verdict === "failed"))
    .map(({ test, reason }) => {
      const [, why] = EXPLANATIONS.find(([ids]) => ids.test(test.id)) ?? [];
      return [code(test.id), test.kind, why === undefined ? reason : `${reason}<br>${why}`];
    });
  return rows.length === 0 ? "None." : table(["Test", "Kind", "Why"], rows);
}
