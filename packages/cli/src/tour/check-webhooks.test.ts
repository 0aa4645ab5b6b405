import { signWebhook } from '@forebay/shared/webhooks/signature';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { describe, expect, test } from 'vitest';
import { checkWebhooks, type SinkDelivery } from './check-webhooks.ts';

const secret = newWebhookSecret();
const nowSeconds = 1_800_000_000;

interface DeliveryParts {
  readonly id?: string;
  readonly job?: string;
  readonly status?: number;
  readonly signedWith?: string;
}

function delivery(parts: DeliveryParts = {}): SinkDelivery {
  const body = Buffer.from(
    JSON.stringify({ type: 'job.succeeded', data: { id: parts.job ?? 'job_1' } }),
  );
  const signed = signWebhook({
    secrets: [parts.signedWith ?? secret],
    id: parts.id ?? 'evt_1',
    timestampSeconds: nowSeconds,
    body,
  });
  return { headers: { ...signed }, body, status: parts.status ?? 200 };
}

function check(deliveries: readonly SinkDelivery[]) {
  const awaited = [{ job: 'job_1', event: 'job.succeeded' }];
  return checkWebhooks({ awaited, deliveries, secret, nowSeconds });
}

describe('checkWebhooks', () => {
  test('accepts one event that arrived after a refused try', () => {
    const report = check([delivery({ status: 503 }), delivery()]);

    expect(report).toMatchObject({ deliveries: 2, verified: 2, arrived: 1, breaks: [] });
  });

  test.each([
    ['a signature by another secret', [delivery(), delivery({ signedWith: newWebhookSecret() })]],
    ['an end that nobody was told', [delivery({ job: 'job_2' })]],
    ['an end that the receiver never accepted', [delivery({ status: 503 })]],
    ['an end that was announced under two ids', [delivery(), delivery({ id: 'evt_2' })]],
  ])('reports %s', (_, deliveries) => {
    expect(check(deliveries).breaks).toHaveLength(1);
  });
});
