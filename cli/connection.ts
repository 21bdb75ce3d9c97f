import { purgeClient, type PurgeClient } from "../purge-client/index.ts";
import { UsageError, type Given, type Options, type Surroundings } from "./command.ts";

/** The options of each command that asks an edge. */
export const CONNECTION: Options = {
  endpoint: {
    type: "string",
    value: "URL",
    help: "the edge, such as https://shop.example (or TIDEMARK_ENDPOINT)",
  },
  token: {
    type: "string",
    value: "TOKEN",
    help: "the credential; better in TIDEMARK_TOKEN, where no list of processes shows it",
  },
  json: { type: "boolean", help: "print the result as JSON" },
};

/** Where an edge's own routes are by custom, if the endpoint names none. */
const EDGE_PATH = "/_tidemark";

/** @throws {UsageError} if there is no endpoint or no token, or one of them cannot be used */
export function connect(given: Given, { env }: Surroundings): PurgeClient {
  const endpoint = given.text("endpoint") ?? env["TIDEMARK_ENDPOINT"] ?? "";
  const token = given.text("token") ?? env["TIDEMARK_TOKEN"] ?? "";
  if (endpoint === "") throw new UsageError("--endpoint is missing, and TIDEMARK_ENDPOINT is not set");
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint))
    throw new UsageError("--endpoint must be an http or https address");
  if (token === "") throw new UsageError("--token is missing, and TIDEMARK_TOKEN is not set");
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError("--token must be one word of visible ASCII characters");
  const url = new URL(endpoint);
  return purgeClient({ endpoint: url.origin + (url.pathname === "/" ? EDGE_PATH : url.pathname), token });
}

/** @throws {UsageError} if something stands beside the options: perhaps a value with a space and no quotes */
export function noOperands({ operands }: Given): void {
  if (operands.length > 0)
    throw new UsageError("it takes options only; put a value that has spaces into quotes");
}
