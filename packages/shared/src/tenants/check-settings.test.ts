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
    ['weights', { weights: { cost: -1 } }],
    ['weights', { weights: { quality: 1_001 } }],
    ['weights', { weights: { cost: 0, speed: 0, quality: 0, load: 0 } }],
    ['most_urgent_priority', { priorityMin: 10 }],
    ['default_ceiling_usd', { ceilingDefault: 0n }],
    ['default_ceiling_usd', { ceilingDefault: 2n, ceilingMax: 1n }],
    ['max_ceiling_usd', { ceilingMax: 10n ** 18n }],
    ['source_cidrs', { sourceCidrs: ['10.0.0.0/8', 'everywhere'] }],
    ['requests_per_minute', { requestsPerMinute: 0 }],
    ['max_queued_jobs', { queuedMax: 1.5 }],
    ['expires_at', { expiresAtMs: Number.NaN }],
    ['expires_at', { expiresAtMs: 9e15 }],
  ])('are refused by the name %s', (param, change) => {
    const wrong = { ...unrestrictedKey, ...change };
    const error = { code: 'invalid_request', param };
    expect(() => requireKeySettings(wrong)).toThrow(expect.objectContaining(error));
  });

  test('name every problem at once, of the limit of running jobs too', () => {
    const wrong = { ...unrestrictedKey, scopes: [], priorityMin: -1 };
    const errors = ['/scopes', '/most_urgent_priority', '/max_in_flight'].map((pointer) =>
      expect.objectContaining({ pointer }),
    );
    const check = () => requireKeySettings(wrong, { inFlight: { max: 0 } });
    expect(check).toThrow(expect.objectContaining({ errors }));
  });

  test('end after a time, if one is named', () => {
    const ending = { ...unrestrictedKey, expiresAtMs: 1_000 };
    expect(() => requireKeySettings(ending)).not.toThrow();
    expect(() => requireKeySettings(ending, { endsAfterMs: 999 })).not.toThrow();
    const error = { code: 'invalid_request', param: 'expires_at' };
    const check = () => requireKeySettings(ending, { endsAfterMs: 1_000 });
    expect(check).toThrow(expect.objectContaining(error));
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
  const running = { code: 'invalid_request', param: 'max_in_flight' };
  expect(() => requireTenantSettings(tenant, { max: 200_000 })).toThrow(
    expect.objectContaining(running),
  );
  expect(() => requireTenantSettings(tenant, { max: undefined })).not.toThrow();
});
