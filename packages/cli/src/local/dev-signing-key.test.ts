import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepSigningKey } from './dev-signing-key.ts';

test('a signing key is made once, whole, and for its owner alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forebay-signing-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = keepSigningKey(folder);
  const text = readFileSync(file, 'utf8');
  expect(keepSigningKey(folder)).toBe(file);
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(createPrivateKey(text).asymmetricKeyType).toBe('ed25519');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['signing-key.pem']);
});
