/**
 * The one way out to URLs that tenants name (P20, F41, F43). Whatever Forebay sends to such a URL
 * goes through `post` here and through no other HTTP client.
 *
 * G1 The URL's text is judged before each send, literal addresses with it; what a name resolves
 *    to is judged while the connection is made.
 * G2 No redirects, no proxy from the environment, no decompression, HTTP/1.1, verified TLS.
 * G3 The status line decides. A body is read to its bound, for the owner's attempt log only: an
 *    endless, slow or cut body after a status changes nothing.
 * G4 Everything is bounded: DNS, connecting, the whole exchange, head and body of the answer, and
 *    how long a connection may be used again before its name is looked up anew.
 */
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';
import { checkWebhookUrl, type WebhookUrlPolicy } from '@forebay/shared/webhooks/url-policy';
import { Agent, type Dispatcher } from 'undici';
import { classifyEgressError, type EgressErrorClass } from './egress-error.ts';
import { createAddressResolver, type ResolveAddresses } from './resolve-addresses.ts';
import { createVettedLookup } from './vetted-lookup.ts';

export interface EgressRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type EgressAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** The beginning of the body; `undefined` when it is empty or from a 3xx or 5xx. */
      readonly excerpt: string | undefined;
    }
  | { readonly kind: 'failed'; readonly errorClass: EgressErrorClass }
  /** The caller's signal ended it; the receiver may have got the request. */
  | { readonly kind: 'interrupted' };

export interface Egress {
  /** Sends one POST. Never rejects for what a receiver or the network does. */
  post(request: EgressRequest, signal: AbortSignal): Promise<EgressAnswer>;
  close(): Promise<void>;
}

export interface EgressLimits {
  readonly dnsTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly headBytesMax: number;
  readonly bodyBytesMax: number;
  readonly excerptBytesMax: number;
  /** Idle time and total life of a connection. */
  readonly keepAliveMs: number;
}

export const egressLimits: EgressLimits = {
  dnsTimeoutMs: 2_000,
  connectTimeoutMs: limits.webhookConnectTimeoutMs,
  totalTimeoutMs: limits.webhookTimeoutMs,
  headBytesMax: 16 * 1024,
  bodyBytesMax: limits.webhookResponseBytesMax,
  excerptBytesMax: limits.webhookKeptBytesMax,
  keepAliveMs: 60_000,
};

export interface EgressOptions {
  readonly policy: WebhookUrlPolicy;
  readonly clock: Clock;
  readonly limits?: EgressLimits;
  /** Another way to ask DNS; the network's by default. */
  readonly resolve?: ResolveAddresses;
}

export function createEgress(options: EgressOptions): Egress {
  const bounds = options.limits ?? egressLimits;
  const agent = createAgent(options, bounds);
  return {
    async post(request, signal) {
      const check = checkWebhookUrl(request.url, options.policy);
      if (check.kind === 'refused') return { kind: 'failed', errorClass: 'blocked' };
      const window = openWindow(options.clock, bounds.totalTimeoutMs, signal);
      try {
        const response = await agent.request({
          origin: check.url.origin,
          path: `${check.url.pathname}${check.url.search}`,
          method: 'POST',
          headers: { 'accept-encoding': 'identity', ...request.headers },
          body: request.body,
          signal: window.signal,
        });
        return await readAnswer(response, bounds);
      } catch (error) {
        // Expected: receivers fail. The class is the outcome; the error's text stays here, since
        // it could tell a tenant about our network.
        if (signal.aborted) return { kind: 'interrupted' };
        return {
          kind: 'failed',
          errorClass: window.expired() ? 'timeout' : classifyEgressError(error),
        };
      } finally {
        window.close();
      }
    },
    close: () => agent.destroy(),
  };
}

/** An agent of its own: neither the process's proxy settings nor its other pools apply (G2). */
function createAgent(options: EgressOptions, bounds: EgressLimits): Agent {
  const { clock, policy } = options;
  const { dnsTimeoutMs } = bounds;
  const resolve = options.resolve ?? createAddressResolver({ timeoutMs: dnsTimeoutMs });
  const { allowLoopback } = policy;
  return new Agent({
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: bounds.headBytesMax,
    // The window over the whole exchange is the only timer after the connection stands.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: bounds.keepAliveMs,
    keepAliveMaxTimeout: bounds.keepAliveMs,
    clientTtl: bounds.keepAliveMs,
    connect: {
      timeout: bounds.connectTimeoutMs,
      rejectUnauthorized: true,
      autoSelectFamily: true,
      lookup: createVettedLookup({ resolve, clock, dnsTimeoutMs, allowLoopback }),
    },
  });
}

/** G3. */
async function readAnswer(
  response: Dispatcher.ResponseData,
  bounds: EgressLimits,
): Promise<EgressAnswer> {
  const status = response.statusCode;
  const retryAfter = response.headers['retry-after'];
  const start = await readStart(response.body, bounds);
  const isShown = (status >= 200 && status < 300) || (status >= 400 && status < 500);
  return {
    kind: 'answered',
    status,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    excerpt: isShown && start !== '' ? start : undefined,
  };
}

/** Reads to the end or to the bound; past it the connection is dropped. */
async function readStart(body: AsyncIterable<Uint8Array>, bounds: EgressLimits): Promise<string> {
  const kept: Uint8Array[] = [];
  let readBytes = 0;
  try {
    for await (const chunk of body) {
      if (readBytes < bounds.excerptBytesMax) kept.push(chunk);
      readBytes += chunk.length;
      if (readBytes > bounds.bodyBytesMax) break;
    }
  } catch {
    // Going on is safe: the status has decided, and what was read until here is all there is.
  }
  return Buffer.concat(kept).subarray(0, bounds.excerptBytesMax).toString('utf8');
}

interface Window {
  readonly signal: AbortSignal;
  expired(): boolean;
  close(): void;
}

/** A signal that aborts with the caller's or when the time is up. */
function openWindow(clock: Clock, timeoutMs: number, signal: AbortSignal): Window {
  const controller = new AbortController();
  let expired = false;
  const onAbort = (): void => controller.abort();
  const timer = clock.schedule(timeoutMs, () => {
    expired = true;
    controller.abort();
  });
  if (signal.aborted) controller.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    close() {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
