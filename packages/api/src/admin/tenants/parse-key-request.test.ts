import { unrestrictedKey } from '@forebay/shared/ports/key-store';
import { expect, test } from 'vitest';
import { parseKeyChange } from './parse-key-request.ts';

const settings = [
  ...['label', 'scopes', 'expires_at', 'models', 'preferred_models', 'avoided_models'],
  ...['most_urgent_priority', 'default_ceiling_usd', 'max_ceiling_usd', 'source_cidrs'],
  ...['weights', 'requests_per_minute', 'max_queued_jobs', 'accept_late', 'max_in_flight'],
];

test('null takes every setting of a key away', () => {
  const body = Object.fromEntries(settings.map((name) => [name, null]));
  const change = parseKeyChange(body);
  expect(change).toStrictEqual({ settings: unrestrictedKey, inFlight: { max: undefined } });
});

test('what is absent stays, and what is wrong is named with what is expected', () => {
  expect(parseKeyChange({})).toStrictEqual({ settings: {}, inFlight: {} });
  const error = { param: 'scopes.0', message: expect.stringContaining('scopes out of jobs:write') };
  expect(() => parseKeyChange({ scopes: ['root'] })).toThrow(expect.objectContaining(error));
});
