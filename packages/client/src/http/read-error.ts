/** Makes an error of an answer, or of the lack of one. A damaged body never hides the status. */
import { type ApiErrorDetail, ForebayApiError } from '../api-error.ts';
import { isObject, textOr } from '../json.ts';

const maybeLater: readonly number[] = [408, 429, 500, 502, 503, 504];

/** @param text the body of an answer whose status is an error */
export function errorOfAnswer(response: Response, text: string): ForebayApiError {
  const problem = parseObject(text);
  const { status, headers } = response;
  const detail = textOr(problem['detail'], `HTTP ${status} from ${new URL(response.url).pathname}`);
  return new ForebayApiError(detail, {
    status,
    code: textOr(problem['code'], 'unexpected_answer'),
    param: textOr(problem['param'], undefined),
    errors: detailsOf(problem['errors']),
    requestId: textOr(problem['request_id'], headers.get('x-request-id') ?? undefined),
    retryAfterMs: retryAfterOf(headers),
    isRetryable: isRetryable(status, headers),
  });
}

/** @param error what `fetch` threw */
export function errorOfSilence(error: unknown, baseUrl: string): ForebayApiError {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  const message = isTimeout
    ? `The API at ${baseUrl} did not answer in time.`
    : `The API at ${baseUrl} cannot be reached: ${reasonOf(error)}.`;
  return new ForebayApiError(message, {
    status: undefined,
    code: isTimeout ? 'timed_out' : 'unreachable',
    isRetryable: true,
    cause: error,
  });
}

/** An answer that is a success by its status and yet not what the API answers. */
export function unexpectedAnswer(response: Response, cause: unknown): ForebayApiError {
  return new ForebayApiError('The answer is not JSON. Is baseUrl that of Forebay?', {
    status: response.status,
    code: 'unexpected_answer',
    isRetryable: false,
    cause,
  });
}

/** The API says it; proxies between do not. */
function isRetryable(status: number, headers: Headers): boolean {
  const advice = headers.get('x-should-retry');
  if (advice !== null) return advice === 'true';
  return maybeLater.includes(status) || (status === 409 && headers.has('retry-after'));
}

function retryAfterOf(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return seconds >= 0 ? seconds * 1_000 : undefined;
}

function detailsOf(value: unknown): readonly ApiErrorDetail[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map(({ pointer, code, detail }) => ({
    pointer: textOr(pointer, ''),
    code: textOr(code, ''),
    detail: textOr(detail, ''),
  }));
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    // A proxy's page: the status alone has to tell.
    return {};
  }
}

/** `fetch` hides the reason in its causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause ? String(cause.code) : '';
  return cause.message === '' ? code : cause.message;
}
