/**
 * Checks that a webhook came from Forebay: Standard Webhooks 1.0, symmetric scheme `v1`.
 *
 *  W1 What is signed are the exact bytes of the body: verify before parsing.
 *  W2 Any of several secrets and any of several signatures may match, so secrets can be rotated.
 *  W3 Every pair is compared, in constant time, whatever matched before.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isObject, textOr } from '../json.ts';
import { systemClientClock } from '../runtime/client-clock.ts';

export interface VerifyWebhookOptions {
  /** `whsec_…`; all that may sign at present. */
  readonly secrets: string | readonly string[];
  /** Those of the request: a `Headers`, or an object with names in lower case. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it came, before any parser. */
  readonly rawBody: Uint8Array | string;
  /** How far the sender's clock may be off, both ways; 300 when not given. */
  readonly toleranceSeconds?: number;
  /** Milliseconds since 1970; now when not given. */
  readonly nowMs?: number;
}

export interface WebhookEvent {
  /** The same in every delivery of the event: remember it to act once. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type WebhookVerdict =
  | { readonly kind: 'verified'; readonly event: WebhookEvent }
  | { readonly kind: 'refused'; readonly reason: WebhookRefusal };

export type WebhookRefusal =
  | 'missing_header'
  | 'bad_timestamp'
  | 'too_old'
  | 'too_new'
  | 'no_match'
  | 'bad_body';

const toleranceSecondsDefault = 300;
/** A sender has a few live secrets; more signatures than this only burn time. */
const signaturesMax = 16;

/** @throws TypeError when there is no secret, or one has the wrong form. */
export function verifyWebhook(options: VerifyWebhookOptions): WebhookVerdict {
  const keys = [options.secrets].flat().map(keyOf);
  if (keys.length === 0) throw new TypeError('secrets: expected at least one, got none');
  const id = headerOf(options, 'webhook-id');
  const timestamp = headerOf(options, 'webhook-timestamp');
  const signatures = headerOf(options, 'webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return refused('missing_header');
  }
  if (!/^\d{1,12}$/.test(timestamp)) return refused('bad_timestamp');
  const ageSeconds = (options.nowMs ?? systemClientClock.nowMs()) / 1_000 - Number(timestamp);
  const toleranceSeconds = options.toleranceSeconds ?? toleranceSecondsDefault;
  if (ageSeconds > toleranceSeconds) return refused('too_old');
  if (ageSeconds < -toleranceSeconds) return refused('too_new');
  const expected = keys.map((key) =>
    createHmac('sha256', key).update(`${id}.${timestamp}.`).update(options.rawBody).digest(),
  );
  return matchesAny(signatures, expected) ? readEvent(id, options.rawBody) : refused('no_match');
}

/** W2, W3. */
function matchesAny(header: string, expected: readonly Buffer[]): boolean {
  let matches = false;
  for (const versioned of header.split(' ', signaturesMax)) {
    if (!versioned.startsWith('v1,')) continue;
    const given = Buffer.from(versioned.slice('v1,'.length), 'base64');
    for (const own of expected) {
      if (given.length === own.length && timingSafeEqual(given, own)) matches = true;
    }
  }
  return matches;
}

function keyOf(secret: string): Buffer {
  const text = secret.replace(/^whsec_/, '');
  const key = Buffer.from(text, 'base64');
  // The message must not show the secret.
  if (key.length >= 24 && /^[A-Za-z0-9+/]+=*$/.test(text)) return key;
  throw new TypeError('secrets: expected whsec_ and at least 24 bytes in base64');
}

function headerOf({ headers }: VerifyWebhookOptions, name: string): string | undefined {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readEvent(id: string, body: Uint8Array | string): WebhookVerdict {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const fields = parseObject(text);
  const data = fields?.['data'];
  if (fields === undefined || !isObject(data)) return refused('bad_body');
  const type = textOr(fields['type'], '');
  return {
    kind: 'verified',
    event: { id, type, timestamp: textOr(fields['timestamp'], ''), data },
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Signed and yet no JSON: refused as `bad_body`.
    return undefined;
  }
}

function refused(reason: WebhookRefusal): WebhookVerdict {
  return { kind: 'refused', reason };
}
