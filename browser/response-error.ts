/** What `json` rejects with where the answer's status is not one of 200 to 299. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
  readonly status: number;
  /** The answer, its body unread. */
  readonly response: Response;

  constructor(response: Response) {
    super(`The answer has the status ${response.status}`);
    this.status = response.status;
    this.response = response;
  }
}
