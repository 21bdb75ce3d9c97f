import { fieldReader, receivedFields, type ResponseFacts } from "../src/index.ts";
import type { ExchangeTools, Forwarding } from "./forwarding.ts";
import { askOrigin, OriginError, type Purpose } from "./origin.ts";
import { withVary } from "./selection.ts";

/** What the origin sent. */
export interface Reply {
  readonly facts: ResponseFacts;
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * Asks the origin what the forwarding is for.
 *
 * @throws {OriginError} if there is no answer, or one that no client could be sent
 */
export async function ask(
  { clock, originTimeout, rules }: ExchangeTools,
  forwarding: Forwarding,
): Promise<Reply> {
  const { origin, request, resource, selection } = forwarding;
  const requestAt = clock();
  const purpose = purposeOf(forwarding);
  const response = await askOrigin(origin, request, purpose, {
    resource,
    limit: originTimeout,
    selecting: rules.selecting,
    selection,
  });
  if (response.status < 200 || response.status > 599) {
    await response.body?.cancel();
    throw new OriginError(
      502,
      `The origin answered with the status ${response.status}, which cannot be passed on`,
    );
  }
  const responseAt = clock();
  const fields = withVary(response.status, receivedFields(response.headers, responseAt), selection);
  const facts = { status: response.status, fields, headers: fieldReader(fields), requestAt, responseAt };
  return { facts, body: response.body };
}

function purposeOf({ kind, validated, headed, held, missing }: Forwarding): Purpose {
  // The answer to this HEAD will change what is stored: it must be asked for as that was.
  if (headed !== undefined) return { kind: "fill" };
  if (kind !== "fill") return { kind: kind === "part" ? kind : "pass" };
  if (held !== undefined && missing !== undefined) return { kind: "complete", stored: held.facts, missing };
  return validated === undefined ? { kind } : { kind: "validate", stored: validated.stored.facts };
}
