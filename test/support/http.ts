/** A plain client of the API for tests: every status is an answer, nothing is retried. */
import { waitUntil } from './wait-until.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; fails when it is not JSON. */
  json(): unknown;
}

export interface HttpCall {
  readonly method?: string;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What tests read of a job; the rest of the body is under `raw`. */
export interface JobView {
  readonly id: string;
  readonly status: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface ApiClient {
  call(path: string, call?: HttpCall): Promise<HttpAnswer>;
  /** Submits and expects 202 (or 200 for a replay that has ended). */
  submit(job: unknown, headers?: Readonly<Record<string, string>>): Promise<JobView>;
  read(id: string): Promise<JobView>;
  /** Long-polls until the job is in a terminal state. */
  readEnded(id: string, timeoutMs?: number): Promise<JobView>;
}

const terminal = ['succeeded', 'failed', 'cancelled', 'expired'];

/** @param target the API's base URL and a key; no key sends no Authorization header. */
export function createApiClient(target: { url: string; key?: string }): ApiClient {
  const authorization = target.key === undefined ? {} : { authorization: `Bearer ${target.key}` };
  const call = async (path: string, request: HttpCall = {}): Promise<HttpAnswer> => {
    const { body } = request;
    const response = await fetch(new URL(path, target.url), {
      method: request.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...authorization, 'content-type': 'application/json', ...request.headers },
      signal: AbortSignal.timeout(request.timeoutMs ?? 60_000),
      redirect: 'manual',
      ...(body === undefined ? {} : { body: textOf(body) }),
    });
    const text = await response.text();
    const { status, headers } = response;
    const json = (): unknown => JSON.parse(text);
    return { status, headers, text, json };
  };
  const read = async (id: string, query = ''): Promise<JobView> => {
    const answer = await call(`/v1/jobs/${id}${query}`);
    return jobIn(answer, [200]);
  };
  return {
    call,
    read: (id) => read(id),
    async submit(job, headers = {}) {
      return jobIn(await call('/v1/jobs', { body: job, headers }), [200, 202]);
    },
    readEnded(id, timeoutMs = 30_000) {
      const ended = async (): Promise<JobView | false> => {
        const job = await read(id, '?wait=5');
        return terminal.includes(job.status) && job;
      };
      return waitUntil(ended, { what: `job ${id} to end`, timeoutMs });
    },
  };
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function jobIn(answer: HttpAnswer, statuses: readonly number[]): JobView {
  if (!statuses.includes(answer.status)) {
    throw new Error(`expected ${statuses.join(' or ')}, got ${answer.status}: ${answer.text}`);
  }
  // The API's own contract tests check the whole shape; these three fields are what tests need.
  const raw = answer.json() as Record<string, unknown>;
  return { id: String(raw['id']), status: String(raw['status']), raw };
}
