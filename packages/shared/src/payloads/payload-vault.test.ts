import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { testTenant } from '../../../../test/support/store.ts';
import { newJobId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type { SealContext } from '../ports/payload-seal.ts';
import { createPlainSeal } from '../storage/plain-seal.ts';
import { createPayloadVault } from './payload-vault.ts';

function setup() {
  const objects = new Map<string, Uint8Array>();
  const vault = createPayloadVault({
    seal: createPlainSeal(),
    objects: {
      put: async (key, bytes) => void objects.set(key, bytes),
      get: async (key) => objects.get(key),
      delete: async (key) => void objects.delete(key),
    },
  });
  const context: SealContext = { tenant: testTenant, job: newJobId(), field: 'result' };
  return { vault, objects, context };
}

/** Random text, because anything else would be compressed to nothing. */
const large = { text: randomBytes(limits.inlineBytesMax).toString('base64') };
const small = { text: 'hello', list: [1, null, { deep: true }] };

test('a small value stands beside the record', async () => {
  const { vault, objects, context } = setup();
  const packed = await vault.pack(context, small);
  expect(objects.size).toBe(0);
  expect(Buffer.from(packed).toString('latin1', 0, 1)).toBe('i');
  expect(await vault.unpack(context, packed)).toEqual(small);
});

test('a large one goes to the object store; only its key stands beside the record', async () => {
  const { vault, objects, context } = setup();
  const packed = await vault.pack(context, large);
  const [key] = objects.keys();
  expect(Buffer.from(packed).toString()).toBe(`o${key}`);
  expect(key).toMatch(new RegExp(`^results/dev/${context.job}/`));
  expect(await vault.unpack(context, packed)).toEqual(large);
});

test('two workers that answer the same job do not overwrite each other', async () => {
  const { vault, objects, context } = setup();
  const [first, second] = await Promise.all([
    vault.pack(context, large),
    vault.pack(context, { ...large, second: true }),
  ]);
  expect(objects.size).toBe(2);
  expect(await vault.unpack(context, first)).toEqual(large);
  expect(await vault.unpack(context, second)).toEqual({ ...large, second: true });
});

test('what is gone, damaged or of another job is refused', async () => {
  const { vault, objects, context } = setup();
  const inline = await vault.pack(context, small);
  const outside = await vault.pack(context, large);
  objects.clear();
  const damaged = Uint8Array.from(inline);
  damaged[damaged.length - 1] = 0;
  const stranger = { ...context, job: newJobId() };
  const refused = { code: 'internal' };
  await expect(vault.unpack(context, outside)).rejects.toMatchObject(refused);
  await expect(vault.unpack(context, damaged)).rejects.toMatchObject(refused);
  await expect(vault.unpack(stranger, inline)).rejects.toMatchObject(refused);
});
