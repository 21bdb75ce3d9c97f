import { cannot } from "../errors.ts";
import type { Bus } from "../values/bus.ts";
import { hearers } from "./hearers.ts";

/** As much of a `BroadcastChannel` as is used. */
interface Channel {
  postMessage(message: string): void;
  close(): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  /** Of Node alone: a channel that listens does not keep the process going. */
  unref?(): unknown;
}

/**
 * A bus by `BroadcastChannel`: between the tabs and workers of one origin in browsers, between the threads of one process in
 * Node, Deno and Bun.
 *
 * @param name those who share it hear each other
 * @throws {TypeError} if the name is empty, or the platform has no `BroadcastChannel`, as workerd has none
 */
export function broadcastBus(name = "tidemark:bus"): Bus {
  const { BroadcastChannel } = globalThis as { readonly BroadcastChannel?: new (name: string) => Channel }; // Where there is one.
  if (BroadcastChannel === undefined)
    throw new TypeError(cannot("make a bus", "the platform has no BroadcastChannel", "none"));
  if (typeof name !== "string" || name === "")
    throw new TypeError(cannot("make a bus", "its name must be a text that is not empty", name));
  const make = BroadcastChannel;
  let open: Channel | undefined;

  const { subscribe, tell } = hearers((tellAll) => {
    const channel = new make(name);
    channel.unref?.();
    channel.onmessage = ({ data }) => {
      if (typeof data === "string") tellAll(data);
    };
    open = channel;
    return () => {
      open = undefined;
      channel.close();
    };
  });

  return {
    subscribe,
    publish(message) {
      const channel = open ?? new make(name);
      channel.postMessage(message);
      if (channel !== open) channel.close();
      // A channel does not hear itself, and all who share this bus are behind one.
      tell(message);
    },
  };
}
