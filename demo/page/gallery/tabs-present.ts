/** What the browser's locks tell of the tabs that are open, with no message and no heartbeat. */
export interface TabsPresent {
  readonly tabs: number;
  /** Whether this tab holds the live connection for all of them; `undefined` = nobody does at the moment. */
  readonly isLeader: boolean | undefined;
}

const presence = "tidemark-gallery-tab/";

/** Says that this tab is open, for as long as it is, and returns what tells of all. */
export function joinTabs(leadership: string): () => Promise<TabsPresent> {
  const own = presence + crypto.randomUUID();
  void navigator.locks.request(own, () => new Promise(() => {}));
  return async () => {
    const { held = [] } = await navigator.locks.query();
    const me = held.find(({ name }) => name === own)?.clientId;
    const leader = held.find(({ name }) => name === leadership)?.clientId;
    return {
      tabs: held.filter(({ name }) => name?.startsWith(presence)).length,
      isLeader: leader === undefined ? undefined : leader === me,
    };
  };
}
