/** A request as it arrived, for tests that look at what was sent. */
export interface LoggedRequest {
  call_id: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** The body as text, cut at a bound. */
  body: string;
}

const REQUESTS_MAX = 1000;
const BODY_CHARACTERS_MAX = 65_536;

/** Keeps the latest requests to model endpoints. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];

  add(request: LoggedRequest): void {
    this.#requests.push({ ...request, body: request.body.slice(0, BODY_CHARACTERS_MAX) });
    if (this.#requests.length > REQUESTS_MAX) this.#requests.shift();
  }

  /** The latest requests, oldest first. */
  all(): LoggedRequest[] {
    return [...this.#requests];
  }

  clear(): void {
    this.#requests.length = 0;
  }
}
