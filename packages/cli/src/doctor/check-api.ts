/** Checks of what a caller needs: the API, its key, and its clock. */
import { ForebayApiError, type ForebayClient } from '@forebay/client';
import { isJsonObject } from '@forebay/shared/domain/json';
import { type Finding, type NamedFinding, ok, skipped, wrong } from './finding.ts';

const timeoutMs = 5_000;
/** `Date` has whole seconds, and the answer has travelled. */
const skewMsMax = 6_000;

/** @param nowMs the clock of this machine, milliseconds since 1970 */
export async function checkHealth(
  url: string,
  nowMs: () => number,
): Promise<readonly NamedFinding[]> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${url.replace(/\/+$/, '')}/readyz`, { signal });
    const text = await response.text();
    return [
      { name: 'api', finding: judgeReady(response.status, text, url) },
      { name: 'clock against api', finding: judgeDate(response.headers.get('date'), nowMs()) },
    ];
  } catch {
    // Whatever the reason, the remedy is the same.
    const remedy = 'Start the api, or set FOREBAY_URL to where it is.';
    return [
      { name: 'api', finding: wrong(`${url} does not answer`, remedy) },
      { name: 'clock against api', finding: skipped('the api does not answer') },
    ];
  }
}

/** @param client `undefined` when no key is set */
export async function checkKey(client: ForebayClient | undefined): Promise<Finding> {
  if (client === undefined) {
    return wrong('no API key is set', 'Set FOREBAY_API_KEY; "forebay key create" makes one.');
  }
  try {
    const models = await client.models({ signal: AbortSignal.timeout(timeoutMs) });
    return ok(`accepted; it sees ${models.length} models and routes`);
  } catch (error) {
    if (ForebayApiError.is(error) && error.status !== undefined) {
      const remedy = 'Use a key of this installation; "forebay key create" makes one.';
      return wrong(`refused: ${error.message}`, remedy);
    }
    return skipped('the api does not answer');
  }
}

function judgeReady(status: number, text: string, url: string): Finding {
  const body = parseObject(text);
  if (body === undefined) {
    const remedy = 'Set FOREBAY_URL to the public listener.';
    return wrong(`${url} is not Forebay: HTTP ${status}`, remedy);
  }
  if (status === 200) return ok(`${url} is ready`);
  const state = Object.entries(body).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return wrong(`${url} cannot take work: ${state.join(', ')}`, "See the api's log, and its Redis.");
}

function judgeDate(header: string | null, nowMs: number): Finding {
  const serverMs = Date.parse(header ?? '');
  if (Number.isNaN(serverMs)) return skipped('the api does not tell its time');
  const skewMs = Math.abs(nowMs - serverMs);
  const text = `${(skewMs / 1_000).toFixed(0)} s apart`;
  if (skewMs <= skewMsMax) return ok(text);
  return wrong(text, 'Run a time service (NTP) here and there: webhooks carry times.');
}

function parseObject(text: string) {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Another server: told by the caller.
    return undefined;
  }
}
