/** What the bench's page has in reach. */
export interface BenchPage {
  /** Makes a way to read ready: every document has been read, and is where it is to be read from. */
  prepare(name: string, urls: readonly string[]): Promise<void>;
  /** Reads for about so many milliseconds, one after the other or so many together; nanoseconds for each. */
  sample(name: string, milliseconds: number, together: number): Promise<number>;
  /** Milliseconds from nothing to the first value, as after a load. */
  first(name: string, url: string): Promise<number>;
  /** Has so many entries on disk. */
  fill(name: string, count: number): Promise<void>;
  /** Writes 100 entries of 20 KB. */
  write(name: string): Promise<void>;
  /** Reads an entry of a way's database, again and again, until `stop`; milliseconds of the longest read. */
  longestRead(name: string): Promise<number>;
  stop(): void;
  /** Milliseconds of a purge of so many entries. */
  purge(name: string, count: number): Promise<number>;
}
