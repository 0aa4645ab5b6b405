/** Raw HTTP calls for the tests of this package; not part of the simulator. */
import { request } from 'node:http';
import type { Simulator } from '../simulator.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** Set when the connection broke before the answer was complete. */
  brokenBy: string | null;
}

/** Posts JSON; resolves with what came, complete or not, and rejects when no headers came. */
export function post(
  url: string,
  body: unknown,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<RawAnswer> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', ...options.headers };
  const { signal } = options;
  const init = { method: 'POST', headers, agent: false as const };
  return new Promise((resolve, reject) => {
    const sent = request(url, signal === undefined ? init : { ...init, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      const finish = (brokenBy: string | null) => {
        const entries = Object.entries(response.headers).map(([name, value]) => [
          name,
          String(value),
        ]);
        const received = Object.fromEntries(entries);
        resolve({ status: response.statusCode ?? 0, headers: received, text, brokenBy });
      };
      response.on('end', () => finish(null));
      response.on('error', (error) => finish(error.message));
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** Asks a chat completion of model `small`. */
export function askChat(
  simulator: Simulator,
  content: string,
  extra: Record<string, unknown> & { path?: string; signal?: AbortSignal } = {},
): Promise<RawAnswer> {
  const { path = '/v1', signal, ...fields } = extra;
  const body = { model: 'small', messages: [{ role: 'user', content }], ...fields };
  const url = `${simulator.url}${path}/chat/completions`;
  return post(url, body, signal === undefined ? {} : { signal });
}

/** The JSON of the `data:` lines of an event stream, without `[DONE]`. */
export function streamedData(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line): unknown => JSON.parse(line.slice('data: '.length)));
}
