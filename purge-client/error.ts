/** A purge, or a question about purges, that did not succeed. */
export class PurgeError extends Error {
  override readonly name = "PurgeError";
  /** The answer's status; 0 = there was none. After 0 and 503 it is not known whether the purge was carried out. */
  readonly status: number;
  /** The field of the request that is at fault, such as `tags`; `undefined` where none is. */
  readonly field: string | undefined;

  constructor(message: string, status: number, field?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.field = field;
  }
}
