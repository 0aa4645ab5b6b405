import { expect, test } from 'vitest';
import { parseTenantId } from '../domain/ids.ts';
import { newWebhookEndpointId } from '../domain/webhook-endpoint.ts';
import type { EndpointRef } from '../ports/webhook-endpoint-store.ts';
import { createSecretSeal } from './secret-seal.ts';
import { newWebhookSecret } from './webhook-secret.ts';

function refOf(name: string): EndpointRef {
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error(`${name} is no tenant`);
  return { tenant, id: newWebhookEndpointId() };
}

const installation = newWebhookSecret();
const secret = newWebhookSecret();

test('opens what another process with the same secret has sealed, and hides it', () => {
  const ref = refOf('dev');
  const sealed = createSecretSeal(installation).seal(ref, secret);
  expect(sealed).not.toContain(secret.slice('whsec_'.length));
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain(secret);
  expect(createSecretSeal(installation).open(ref, sealed)).toBe(secret);
});

test('seals the same secret into different texts', () => {
  const ref = refOf('dev');
  const seal = createSecretSeal(installation);
  expect(seal.seal(ref, secret)).not.toBe(seal.seal(ref, secret));
});

test('opens nothing under another secret, tenant or endpoint, and nothing that was changed', () => {
  const ref = refOf('dev');
  const seal = createSecretSeal(installation);
  const sealed = seal.seal(ref, secret);
  const flipped = Buffer.from(sealed, 'base64');
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const wrong: readonly (() => string)[] = [
    () => createSecretSeal(newWebhookSecret()).open(ref, sealed),
    () => seal.open({ ...ref, tenant: refOf('other').tenant }, sealed),
    () => seal.open(refOf('dev'), sealed),
    () => seal.open(ref, flipped.toString('base64')),
    () => seal.open(ref, sealed.slice(0, 20)),
    () => seal.open(ref, ''),
  ];
  for (const open of wrong) expect(open).toThrow(/cannot be opened/);
});
