import type { PurgeNote, PurgeOptions, PurgeSelection } from "../purge-client/index.ts";
import { UsageError, type Command, type Given, type Surroundings } from "./command.ts";
import { connect, CONNECTION, noOperands } from "./connection.ts";

/** The options that name what to purge, and the lists of a selection that they fill. */
const LISTS = {
  url: "urls",
  tag: "tags",
  prefix: "prefixes",
  host: "hosts",
  group: "groups",
  pattern: "patterns",
} as const satisfies Record<string, keyof PurgeSelection>;

export const purge: Command = {
  name: "purge",
  summary: "Purges what the options name, all in one step.",
  operands: "",
  options: {
    url: { type: "string", multiple: true, value: "URL", help: "one URL, or a path, in all its variants" },
    tag: { type: "string", multiple: true, value: "TAG", help: "what carries the tag" },
    prefix: { type: "string", multiple: true, value: "PATH", help: "all at and below a path, or host/path" },
    host: { type: "string", multiple: true, value: "HOST", help: "all of a host" },
    group: { type: "string", multiple: true, value: "NAME", help: "a group of RFC 9875, or origin|name" },
    pattern: {
      type: "string",
      multiple: true,
      value: "GLOB",
      help: "paths by * (no /) and ** (any); quote it",
    },
    everything: { type: "boolean", help: "all there is" },
    soft: { type: "boolean", help: "stale from now on, instead of gone" },
    "dry-run": { type: "boolean", help: "only check it, and tell what would be purged" },
    wait: { type: "boolean", help: "until it is effective everywhere" },
    reason: { type: "string", value: "TEXT", help: "for the log" },
    key: {
      type: "string",
      value: "KEY",
      help: "an idempotency key: the same order again purges nothing anew",
    },
    ...CONNECTION,
  },
  notes: [
    "Example:",
    "  tidemark purge --tag country:fr --prefix /api/countries --reason 'a new census'",
    "",
    "Exit status: 0 it is durable (with --wait: effective), 1 it was refused or failed, 2 wrong usage.",
  ],
  async run(given, surroundings) {
    noOperands(given);
    const selection = selectionOf(given);
    const client = connect(given, surroundings);
    const options = optionsOf(given);
    if (given.isSet("dry-run")) {
      const rehearsal = await client.purge(selection, { ...options, dryRun: true });
      const { mode, wouldPurge, messages } = rehearsal;
      if (given.isSet("json")) return surroundings.print(JSON.stringify(rehearsal));
      surroundings.print(`Would purge (${mode}); nothing was changed:`);
      for (const { means, selectors } of wouldPurge) {
        const isPlain = selectors.length === 1 && selectors[0] === means;
        surroundings.print(`  ${means}${isPlain ? "" : `  (in the log: ${selectors.join(" ")})`}`);
      }
      return warn(messages, surroundings);
    }
    const receipt = await client.purge(selection, options);
    if (given.isSet("json")) return surroundings.print(JSON.stringify(receipt));
    const { token, effectiveBy, replayed, messages } = receipt;
    const done = replayed ? "Was purged before under this key" : "Purged";
    surroundings.print(`${done} (${given.isSet("soft") ? "soft" : "hard"}):`);
    for (const line of linesOf(selection)) surroundings.print(`  ${line}`);
    surroundings.print(`token         ${token}`);
    surroundings.print(`effective by  ${effectiveBy?.toISOString() ?? "no time that is promised"}`);
    return warn(messages, surroundings);
  },
};

/** @throws {UsageError} if nothing is named */
function selectionOf(given: Given): PurgeSelection {
  const lists = Object.entries(LISTS).map(([option, list]) => [list, given.texts(option)] as const);
  const named = Object.fromEntries(lists.filter(([, values]) => values.length > 0));
  const everything = given.isSet("everything");
  if (Object.keys(named).length === 0 && !everything)
    throw new UsageError(
      "it must be told what to purge: --url, --tag, --prefix, --host, --group, --pattern or --everything",
    );
  return { ...named, ...(everything && { everything }) };
}

function optionsOf(given: Given): PurgeOptions & { readonly dryRun?: never } {
  const [reason, idempotencyKey] = [given.text("reason"), given.text("key")];
  return {
    soft: given.isSet("soft"),
    wait: given.isSet("wait"),
    ...(reason !== undefined && { reason }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

function linesOf(selection: PurgeSelection): readonly string[] {
  const lines = Object.entries(LISTS).flatMap(([option, list]) =>
    (selection[list] ?? []).map((value) => `${option} ${value}`),
  );
  return selection.everything ? [...lines, "everything"] : lines;
}

function warn(messages: readonly PurgeNote[], { warn: say }: Surroundings): void {
  for (const { message } of messages) say(`Note: ${message}`);
}
