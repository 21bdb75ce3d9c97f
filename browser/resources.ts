import { report, type Seconds } from "../src/index.ts";
import type { ResourceState } from "./api-types.ts";
import { attention } from "./attention.ts";
import type { Core, Extras, Joining } from "./core.ts";
import { unconfirmed, type CacheableRequest } from "./request.ts";

interface Member {
  readonly tell: (state: ResourceState) => void;
}

/** What all subscribers of a URL share. */
interface Resource {
  readonly key: string;
  readonly asked: CacheableRequest;
  readonly members: Set<Member>;
  /** The value without what changes show in its place. */
  value: unknown;
  status: ResourceState["status"];
  age: Seconds | undefined;
  error: unknown;
  isFetching: boolean;
  /** Something happened while it was being fetched. */
  isOvertaken: boolean;
  stop: () => void;
}

/** Keeps subscribers up to date: one fetch for all that ask for the same. */
export function resources(core: Core): Pick<Extras, "join" | "close"> {
  const { overlays, watchers, heldNow, obtain, partition } = core;
  const all = new Map<string, Resource>();
  const attend = attention(refresh);

  function stateIn({ asked, value, status, age, error, isFetching }: Resource): ResourceState {
    const data = overlays.over(asked.resource, value);
    // What is shown before it is made is not what a fetch would give.
    return {
      data,
      status: status === "pending" && data !== undefined ? "stale" : status,
      age,
      error,
      isFetching,
    };
  }

  function tell(resource: Resource): void {
    const state = stateIn(resource);
    for (const member of [...resource.members]) member.tell(state);
  }

  /** Takes what memory has now; `false` = it is to be fetched. */
  function look(resource: Resource): boolean {
    const seen = heldNow(resource.asked);
    if (seen !== undefined) {
      const { value, age, isStale } = seen;
      Object.assign(resource, { value, age, error: undefined, status: isStale ? "stale" : "fresh" });
      return !isStale;
    }
    if (resource.status === "fresh") resource.status = "stale";
    return false;
  }

  async function ask(resource: Resource, asked: CacheableRequest): Promise<void> {
    if (resource.isFetching) return;
    resource.isFetching = true;
    tell(resource);
    do {
      resource.isOvertaken = false;
      const outcome = await obtain({ ...asked, isPatient: true }).catch((error: unknown) => ({ error }));
      // What came from before a purge or a change is not shown.
      if (resource.isOvertaken && all.get(resource.key) === resource) continue;
      if ("error" in outcome) Object.assign(resource, { status: "error", error: outcome.error });
      else {
        const age = heldNow(resource.asked)?.age;
        const status = outcome.isStale ? "stale" : "fresh";
        Object.assign(resource, { value: outcome.value, age, status, error: undefined });
      }
    } while (resource.isOvertaken && all.get(resource.key) === resource);
    resource.isFetching = false;
    tell(resource);
  }

  /** Asks anew unless what there is may be used without asking, and is no older than it may be. */
  function refresh(key: string, maxAge = Number.POSITIVE_INFINITY): void {
    const resource = all.get(key);
    if (resource === undefined) return;
    const { asked } = resource;
    if (!look(resource)) void ask(resource, asked);
    else if ((resource.age ?? 0) < maxAge) tell(resource);
    else void ask(resource, unconfirmed(asked));
  }

  function open({ asked, value }: Joining, key: string): Resource {
    const resource: Resource = {
      key,
      asked,
      members: new Set(),
      value,
      status: "pending",
      age: undefined,
      error: undefined,
      isFetching: false,
      isOvertaken: false,
      stop: watchers.add(asked.url, ({ reason }) => {
        if (reason === "cleared")
          Object.assign(resource, { value: undefined, status: "pending", age: undefined });
        // An answer that came meanwhile is from before.
        if (resource.isFetching && reason !== "updated") resource.isOvertaken = true;
        refresh(key);
      }),
    };
    all.set(key, resource);
    partition()?.watch(asked.url);
    look(resource);
    return resource;
  }

  overlays.onShown = (name) => {
    for (const resource of all.values()) {
      if (resource.asked.resource !== name) continue;
      look(resource);
      tell(resource);
    }
  };

  return {
    join(joining) {
      const { asked, callback, options, told } = joining;
      const key = `${asked.resource}\n${JSON.stringify([...asked.request.headers])}`;
      const resource = all.get(key) ?? open(joining, key);
      let last = told;
      const member: Member = {
        tell(state) {
          const { data, status, error } = state;
          if (last?.data === data && last?.status === status && last?.error === error) return;
          last = state;
          report(callback, state);
        },
      };
      const isToBeAsked = !look(resource);
      resource.members.add(member);
      const ignore = attend.watch(key, options);
      member.tell({ ...stateIn(resource), isFetching: isToBeAsked });
      if (isToBeAsked && !resource.isFetching) void ask(resource, asked);
      return () => {
        ignore();
        resource.members.delete(member);
        if (resource.members.size > 0 || all.get(key) !== resource) return;
        resource.stop();
        all.delete(key);
      };
    },
    close() {
      for (const resource of all.values()) resource.stop();
      all.clear();
      attend.close();
    },
  };
}
