/**
 * Tells other processes what happens in this one: `redisBus`, `broadcastBus`, a socket. Messages may be lost, come twice, late
 * or from anyone: they save waiting, and what they say is asked where it is known before it counts.
 */
export interface Bus {
  publish(message: string): void | Promise<void>;
  /** Hears what others say, itself perhaps included; the result stops that. */
  subscribe(hear: (message: string) => void): () => void;
}
