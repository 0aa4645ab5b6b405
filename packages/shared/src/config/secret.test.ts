import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

test('a secret shows itself to nobody but who asks for it', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    ['', secret, ''].join(''),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    Object.values(secret).join(),
  ].join('\n');
  expect(shown).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});
