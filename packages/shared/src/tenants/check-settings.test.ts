import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../domain/ids.ts';
import { tenantWithoutRecord } from '../domain/tenant.ts';
import { type KeySettings, unrestrictedKey } from '../ports/key-store.ts';
import { requireKeySettings, requireTenantSettings } from './check-settings.ts';

describe('settings of a key', () => {
  test('may leave everything open', () => {
    expect(() => requireKeySettings(unrestrictedKey)).not.toThrow();
  });

  test.each<[string, Partial<KeySettings>]>([
    ['label', { label: 'two\nlines' }],
    ['scopes', { scopes: [] }],
    ['models', { models: [] }],
    ['models', { models: ['with a blank'] }],
    ['most_urgent_priority', { priorityMin: 10 }],
    ['default_ceiling_usd', { ceilingDefault: 0n }],
    ['default_ceiling_usd', { ceilingDefault: 2n, ceilingMax: 1n }],
    ['max_ceiling_usd', { ceilingMax: 10n ** 18n }],
    ['source_cidrs', { sourceCidrs: ['10.0.0.0/8', 'everywhere'] }],
    ['requests_per_minute', { requestsPerMinute: 0 }],
    ['max_queued_jobs', { queuedMax: 1.5 }],
  ])('are refused by the name %s', (param, change) => {
    const wrong = { ...unrestrictedKey, ...change };
    const error = { code: 'invalid_request', param };
    expect(() => requireKeySettings(wrong)).toThrow(expect.objectContaining(error));
  });

  test('name every problem at once', () => {
    const wrong = { ...unrestrictedKey, scopes: [], priorityMin: -1 };
    const errors = [
      expect.objectContaining({ pointer: '/scopes' }),
      expect.objectContaining({ pointer: '/most_urgent_priority' }),
    ];
    expect(() => requireKeySettings(wrong)).toThrow(expect.objectContaining({ errors }));
  });
});

test('settings of a tenant are held to the same rules', () => {
  const id = parseTenantId('acme');
  if (id === undefined) throw new Error('acme is a name');
  const tenant = tenantWithoutRecord(id);
  expect(() => requireTenantSettings(tenant)).not.toThrow();
  const error = { code: 'invalid_request', param: 'brownout_percent' };
  expect(() => requireTenantSettings({ ...tenant, brownoutPercent: 101 })).toThrow(
    expect.objectContaining(error),
  );
});
