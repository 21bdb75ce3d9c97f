/**
 * Tells other processes what happens in this one: Redis PUBLISH, a BroadcastChannel, a socket. Messages may be lost or
 * come twice: they save waiting, and nothing depends on them.
 */
export interface Bus {
  publish(message: string): void | Promise<void>;
  /** Hears what others say, itself perhaps included; the result stops that. */
  subscribe(hear: (message: string) => void): () => void;
}
