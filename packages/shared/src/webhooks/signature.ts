/**
 * Standard Webhooks 1.0, symmetric scheme `v1`: signing and verifying.
 *
 * W1 What is signed are the exact bytes of the body, never a text made from them.
 * W2 Every secret gives one signature; a receiver accepts any of them, so secrets can be rotated.
 * W3 A signature of another length than ours never matches, and all are compared in constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64, parseWebhookSecret } from './webhook-secret.ts';

export interface WebhookHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

export interface SignWebhookRequest {
  /** `whsec_…`, newest first; at least one. */
  readonly secrets: readonly string[];
  /** The event's id: the same in every attempt. */
  readonly id: string;
  /** When this attempt is made, whole seconds since 1970. */
  readonly timestampSeconds: number;
  readonly body: Uint8Array;
}

/**
 * Makes the three headers of one attempt.
 *
 * @throws ForebayError `invalid_request` when a secret has the wrong form.
 */
export function signWebhook(request: SignWebhookRequest): WebhookHeaders {
  const timestamp = String(request.timestampSeconds);
  const message = { id: request.id, timestamp, body: request.body };
  const signatures = request.secrets.map(
    (secret) => `v1,${hmacOf(secret, message).toString('base64')}`,
  );
  return {
    'webhook-id': request.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

export interface VerifyWebhookRequest {
  readonly secrets: readonly string[];
  /** As received, names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly nowSeconds: number;
  /** How far the sender's clock may be off, both ways; 300 by default, as in the libraries. */
  readonly toleranceSeconds?: number;
}

export type WebhookVerification =
  | { readonly kind: 'verified'; readonly id: string; readonly timestampSeconds: number }
  | {
      readonly kind: 'refused';
      readonly reason: 'missing_header' | 'bad_timestamp' | 'too_old' | 'too_new' | 'no_match';
    };

const toleranceSecondsDefault = 300;
/** Two live secrets are the most we send; more than this is an attempt to burn time. */
const signaturesMax = 16;

/**
 * Checks a received webhook.
 *
 * @throws ForebayError `invalid_request` when a secret has the wrong form.
 */
export function verifyWebhook(request: VerifyWebhookRequest): WebhookVerification {
  const id = request.headers['webhook-id'];
  const timestamp = request.headers['webhook-timestamp'];
  const signatures = request.headers['webhook-signature'];
  if (!isText(id) || !isText(timestamp) || !isText(signatures)) return refused('missing_header');
  if (!/^\d{1,12}$/.test(timestamp)) return refused('bad_timestamp');
  const timestampSeconds = Number(timestamp);
  const toleranceSeconds = request.toleranceSeconds ?? toleranceSecondsDefault;
  if (timestampSeconds < request.nowSeconds - toleranceSeconds) return refused('too_old');
  if (timestampSeconds > request.nowSeconds + toleranceSeconds) return refused('too_new');
  const message = { id, timestamp, body: request.body };
  const expected = request.secrets.map((secret) => hmacOf(secret, message));
  return matchesAny(signatures, expected)
    ? { kind: 'verified', id, timestampSeconds }
    : refused('no_match');
}

/** W3. Goes through all pairs whatever matched, so that the time tells nothing. */
function matchesAny(header: string, expected: readonly Buffer[]): boolean {
  let matches = false;
  for (const versioned of header.split(' ', signaturesMax)) {
    if (!versioned.startsWith('v1,')) continue;
    const given = decodeBase64(versioned.slice('v1,'.length));
    for (const own of expected) {
      if (given?.length === own.length && timingSafeEqual(given, own)) matches = true;
    }
  }
  return matches;
}

/** W1. */
function hmacOf(
  secret: string,
  message: { id: string; timestamp: string; body: Uint8Array },
): Buffer {
  return createHmac('sha256', parseWebhookSecret(secret))
    .update(`${message.id}.${message.timestamp}.`)
    .update(message.body)
    .digest();
}

function isText(value: string | readonly string[] | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function refused(reason: (WebhookVerification & { kind: 'refused' })['reason']) {
  return { kind: 'refused', reason } as const;
}
