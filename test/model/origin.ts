import type { Ledger } from "../../src/index.ts";
import type { Party } from "./oracle.ts";
import type { Gone, Scene } from "./scene.ts";
import { RESOURCES, type Resource } from "./site.ts";

/** Whoever asks the origin. */
export interface Asker {
  readonly party: Party;
  readonly clock: () => number;
  readonly gone: Gone;
}

export interface Origin {
  isUp: boolean;
  /** Changes the content of a resource. */
  write(resource: Resource): void;
  ask(request: Request, asker: Asker): Promise<Response>;
}

/** The name under which a request's body goes. */
export function bodyName({ name, varies }: Resource, kind: string): string {
  return varies ? `${name}/${kind}` : name;
}

/** Publishes the resources, numbers its answers, and confirms what still holds. */
export function originOf({ mail, truth, planted, log }: Scene, ledger: () => Ledger): Origin {
  const versions = new Map(RESOURCES.map(({ name }) => [name, 1]));

  function write({ name }: Resource): void {
    versions.set(name, (versions.get(name) ?? 0) + 1);
    log(`    the origin has ${name} v${versions.get(name)}`);
  }

  async function publish(request: Request): Promise<Response> {
    const resource = RESOURCES.find(({ url }) => url === request.url);
    if (resource === undefined) return new Response(null, { status: 404 });
    if (request.method === "POST") {
      write(resource);
      return new Response(null, { status: 204 });
    }
    const body = `${bodyName(resource, request.headers.get("kind") ?? "")} v${versions.get(resource.name)}`;
    const serial = truth.replied(resource, body, await ledger().since(undefined));
    const etag = `"${body.replaceAll(" ", "")}"`;
    const headers = {
      "cache-control": resource.policy,
      "cache-tag": resource.tags,
      etag,
      date: new Date(mail.now()).toUTCString(),
      "x-serial": String(serial),
      "x-body": body,
      ...(resource.varies && { vary: "kind" }),
    };
    const stillHolds = request.headers.get("if-none-match") === etag;
    return stillHolds ? new Response(null, { status: 304, headers }) : new Response(body, { headers });
  }

  /** Held as a network would: in Node a request that nobody holds is collected, and its signal with it. */
  const underWay = new Set<Request>();

  const origin: Origin = {
    isUp: true,
    write,
    ask(request, { party, clock, gone }) {
      const askedAt = clock();
      underWay.add(request);
      const aborted = new Promise<never>((_, reject) => {
        request.signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
      const work = async (): Promise<Response> => {
        await (gone() ?? mail.sent(`${party.name} asks the origin`));
        if (!origin.isUp) throw new Error("The origin is out of reach");
        const response = await publish(request);
        const body = response.headers.get("x-body") ?? String(response.status);
        await (gone() ?? mail.sent(`the origin answers ${party.name}: ${body}`));
        await gone();
        await planted.answered?.(Number(response.headers.get("x-serial")), askedAt);
        return response;
      };
      return Promise.race([work(), aborted]).finally(() => underWay.delete(request));
    },
  };
  return origin;
}
