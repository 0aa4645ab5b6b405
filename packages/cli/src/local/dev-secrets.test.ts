import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseApiKey } from '@forebay/shared/keys/api-key';
import { parseWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { expect, onTestFinished, test } from 'vitest';
import { loadDevSecrets } from './dev-secrets.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forebay-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('secrets are made once and kept for their owner alone', () => {
  const folder = scratch();

  const made = loadDevSecrets(folder);

  expect(loadDevSecrets(folder)).toEqual(made);
  expect(statSync(join(folder, 'keys.json')).mode & 0o777).toBe(0o600);
  expect(parseApiKey(made.key)?.kind).toBe('tenant');
  expect(parseApiKey(made.adminKey)?.kind).toBe('admin');
  expect(made.pepper.length).toBeGreaterThanOrEqual(32);
  expect(parseWebhookSecret(made.webhookSecret)).toHaveLength(32);
});

test('a damaged file is not overwritten', () => {
  const folder = scratch();
  writeFileSync(join(folder, 'keys.json'), '{"key": "fb_dev');

  expect(() => loadDevSecrets(folder)).toThrow(/damaged/);
});
