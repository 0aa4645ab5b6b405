/** Calls about a tenant's webhook endpoints; each needs a key with the scope `webhooks:manage`. */
import type { ApiCall, CallOptions } from '../http/api-call.ts';
import type { ApiCaller } from '../http/api-caller.ts';
import { isObject } from '../json.ts';
import type {
  NewWebhookEndpoint,
  ReplayWindow,
  WebhookEndpoint,
  WebhookReplay,
  WebhookTest,
} from './webhook-endpoint.ts';

export interface CreateOptions extends CallOptions {
  /** The same key makes one endpoint; one is made when none is given. */
  readonly idempotencyKey?: string | undefined;
}

export interface WebhookMethods {
  list(options?: CallOptions): Promise<readonly WebhookEndpoint[]>;
  /** Registers one. Its `secret` is shown here and never again. */
  create(endpoint: NewWebhookEndpoint, options?: CreateOptions): Promise<WebhookEndpoint>;
  /** Removes it with all that was kept of it. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** Sends `webhook.test` at once and says what came of it. */
  test(id: string, options?: CallOptions): Promise<WebhookTest>;
  /** Sends a window of its events again, some hundred in one call. */
  replay(id: string, window: ReplayWindow, options?: CallOptions): Promise<WebhookReplay>;
  /** Sends one event again, under its id. */
  replayEvent(id: string, eventId: string, options?: CallOptions): Promise<WebhookReplay>;
}

/** Longer than the API waits for a receiver. */
const testTimeoutMs = 60_000;

export function webhookMethods(caller: ApiCaller): WebhookMethods {
  // The contracts of the routes; what is not in the reply fails where it is read.
  const ask = async <T>(call: ApiCall): Promise<T> => (await caller.call(call)).body as T;
  return {
    async list({ signal } = {}) {
      const body = await ask<unknown>({ method: 'GET', path: root, repeat: 'always', signal });
      const data = isObject(body) ? body['data'] : undefined;
      // An entry that is none fails where it is read.
      return Array.isArray(data) ? (data as readonly WebhookEndpoint[]) : [];
    },
    create: (endpoint, { signal, idempotencyKey = crypto.randomUUID() } = {}) =>
      ask({
        ...{ method: 'POST', path: root, body: endpoint, repeat: 'always', signal },
        headers: { 'idempotency-key': idempotencyKey },
      }),
    async delete(id, { signal } = {}) {
      await ask({ method: 'DELETE', path: pathOf(id), repeat: 'when_refused', signal });
    },
    test: (id, { signal } = {}) =>
      ask({
        ...{ method: 'POST', path: `${pathOf(id)}/test`, repeat: 'when_refused', signal },
        timeoutMs: testTimeoutMs,
      }),
    // Events keep their ids, so receivers know one that comes twice.
    replay: (id, { since, until }, { signal } = {}) =>
      ask({
        ...{ method: 'POST', path: `${pathOf(id)}/replay`, repeat: 'always', signal },
        body: {
          since_sequence: since,
          ...(until === undefined ? {} : { until_sequence: until }),
        },
      }),
    replayEvent: (id, eventId, { signal } = {}) => {
      const path = `${pathOf(id)}/events/${encodeURIComponent(eventId)}/replay`;
      return ask({ method: 'POST', path, repeat: 'always', signal });
    },
  };
}

const root = '/v1/webhooks';

function pathOf(id: string): string {
  return `${root}/${encodeURIComponent(id)}`;
}
