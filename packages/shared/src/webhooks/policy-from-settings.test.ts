import { describe, expect, test } from 'vitest';
import { policyFromSettings, type WebhookSettings } from './policy-from-settings.ts';
import { checkWebhookUrl } from './url-policy.ts';

interface Change {
  readonly loopback?: boolean;
  readonly publicUrl?: string;
  readonly http?: boolean;
  readonly ports?: readonly number[];
}

function kindOf(url: string, change: Change = {}): string {
  const settings: WebhookSettings = {
    env: { allowLoopbackWebhooks: change.loopback ?? false, publicUrl: change.publicUrl },
    config: { webhooks: { allowHttp: change.http ?? false, extraPorts: change.ports ?? [] } },
  };
  return checkWebhookUrl(url, policyFromSettings(settings)).kind;
}

describe('the policy of an installation', () => {
  test('is https to public hosts unless the operator says otherwise', () => {
    expect(kindOf('https://example.com/')).toBe('allowed');
    expect(kindOf('http://example.com/')).toBe('refused');
    expect(kindOf('http://127.0.0.1:3000/')).toBe('refused');
    expect(kindOf('http://example.com/', { http: true })).toBe('allowed');
    expect(kindOf('https://example.com:9443/', { ports: [9443] })).toBe('allowed');
  });

  test('lets the loopback switch open loopback over http, and nothing else', () => {
    expect(kindOf('http://127.0.0.1:3000/', { loopback: true })).toBe('allowed');
    expect(kindOf('http://example.com/', { loopback: true })).toBe('refused');
    expect(kindOf('http://10.0.0.1/', { loopback: true })).toBe('refused');
    expect(kindOf('http://127.0.0.1:3000/', { http: true })).toBe('refused');
  });

  test('refuses its own public host, on every port unless the public URL names one', () => {
    const whole = { publicUrl: 'https://jobs.example.com/forebay', http: true };
    expect(kindOf('https://jobs.example.com/v1/jobs', whole)).toBe('refused');
    expect(kindOf('https://jobs.example.com:8443/', whole)).toBe('refused');
    expect(kindOf('http://jobs.example.com/', whole)).toBe('refused');
    expect(kindOf('https://other.example.com/', whole)).toBe('allowed');
    const onPort = { publicUrl: 'http://127.0.0.1:8080', loopback: true };
    expect(kindOf('http://127.0.0.1:8080/v1/jobs', onPort)).toBe('refused');
    expect(kindOf('http://127.0.0.1:9000/hook', onPort)).toBe('allowed');
  });
});
