import { UsageError, type Command } from "./command.ts";
import { connect, CONNECTION } from "./connection.ts";

export const explain: Command = {
  name: "explain",
  summary: "Tells what a GET of a URL, or of a path, would get now, and why.",
  operands: "URL",
  options: {
    header: {
      type: "string",
      multiple: true,
      value: "'NAME: VALUE'",
      help: "a request field that chooses a variant",
    },
    ...CONNECTION,
  },
  notes: ["Exit status: 0 done, 1 refused or failed, 2 wrong usage."],
  async run(given, surroundings) {
    const [url, ...more] = given.operands;
    if (url === undefined || more.length > 0) throw new UsageError("it takes one URL or path");
    const fields = given.texts("header").map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw new UsageError("--header must be a name and a value with a colon between them");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
    });
    const explanation = await connect(given, surroundings).explain(url, Object.fromEntries(fields));
    surroundings.print(JSON.stringify(explanation, null, given.isSet("json") ? undefined : 2));
  },
};
