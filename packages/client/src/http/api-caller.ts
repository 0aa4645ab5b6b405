/**
 * Sends requests: key, timeout, retries, errors. The only layer that retries (the streams resume
 * by themselves and say so).
 */
import { ForebayApiError } from '../api-error.ts';
import type { ResolvedOptions } from '../client-options.ts';
import type { ApiAnswer, ApiCall } from './api-call.ts';
import { errorOfAnswer, errorOfSilence, unexpectedAnswer } from './read-error.ts';
import { retryDelayMs } from './retry-policy.ts';

export interface StreamCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: ApiCall['query'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: ReadableStream<Uint8Array>;
  readonly signal: AbortSignal;
}

export interface ApiCaller {
  readonly options: ResolvedOptions;
  /**
   * One request with its answer, tried again where that helps.
   *
   * @throws ForebayApiError when the answer is an error or none came; the reason of the signal
   *   when that ended it.
   */
  call(call: ApiCall): Promise<ApiAnswer>;
  /**
   * Opens a stream, once and without a time limit; resolves when the head of the answer is there.
   *
   * @throws ForebayApiError as `call`.
   */
  open(call: StreamCall): Promise<Response>;
}

export function createApiCaller(options: ResolvedOptions): ApiCaller {
  return {
    options,
    async call(call) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await callOnce(options, call);
        } catch (error) {
          call.signal?.throwIfAborted();
          if (!ForebayApiError.is(error)) throw error;
          const { retries, clock } = options;
          const { repeat } = call;
          const delayMs = retryDelayMs({ error, repeat, tries, retries, clock });
          if (delayMs === undefined) throw error;
          await clock.wait(delayMs, call.signal);
          call.signal?.throwIfAborted();
        }
      }
    },
    async open(call) {
      const response = await send(options, call);
      if (response.ok) return response;
      throw errorOfAnswer(response, await response.text());
    },
  };
}

async function callOnce(options: ResolvedOptions, call: ApiCall): Promise<ApiAnswer> {
  const timeout = AbortSignal.timeout(call.timeoutMs ?? options.timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const { method, path, query } = call;
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...call.headers,
  };
  const request = { method, path, query, headers, signal };
  const response = await send(options, body === undefined ? request : { ...request, body });
  const text = await readText(response, options);
  const { status } = response;
  if (!response.ok && status !== 304) throw errorOfAnswer(response, text);
  return { status, headers: response.headers, body: parse(response, text) };
}

interface Sending extends Omit<StreamCall, 'method' | 'body'> {
  readonly method: string;
  readonly body?: string | ReadableStream<Uint8Array>;
}

async function send(options: ResolvedOptions, request: Sending): Promise<Response> {
  const { method, path, query = {}, headers, body, signal } = request;
  const url = new URL(`${options.baseUrl}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  try {
    return await options.fetch(url, {
      method,
      headers: { ...headers, authorization: `Bearer ${options.apiKey}` },
      signal,
      // A redirect would carry the key to wherever it points.
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
      ...(typeof body === 'object' ? { duplex: 'half' as const } : {}),
    });
  } catch (error) {
    throw errorOfSilence(error, options.baseUrl);
  }
}

async function readText(response: Response, options: ResolvedOptions): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw errorOfSilence(error, options.baseUrl);
  }
}

function parse(response: Response, text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown; // stays unknown, only not `any`
  } catch (error) {
    throw unexpectedAnswer(response, error);
  }
}
