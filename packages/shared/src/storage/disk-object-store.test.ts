import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ObjectStore } from '../ports/object-store.ts';
import { createDiskObjectStore } from './disk-object-store.ts';

interface Opened {
  readonly store: ObjectStore;
  /** Opens the same storage again, as another process would. */
  readonly reopen: () => ObjectStore;
}

function openDisk(): Opened & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'forebay-objects-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const reopen = (): ObjectStore => createDiskObjectStore(join(folder, 'objects'));
  return { folder, store: reopen(), reopen };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every object store keeps, whatever it stands on. */
function describeObjectStore(name: string, open: () => Opened): void {
  describe(`an object store on ${name}`, () => {
    test('gives back what was put, also to another process', async () => {
      const { store, reopen } = open();

      await store.put('a/b-1/c_2', bytes('content'));

      expect(await store.get('a/b-1/c_2')).toEqual(Buffer.from('content'));
      expect(await reopen().get('a/b-1/c_2')).toEqual(Buffer.from('content'));
    });

    test('answers undefined for what is not there', async () => {
      const { store } = open();
      await store.put('present', bytes('x'));

      expect(await store.get('absent')).toBeUndefined();
      expect(await store.get('present/below')).toBeUndefined();
    });

    test('replaces an object whole', async () => {
      const { store } = open();

      await store.put('key', bytes('a long first content'));
      await store.put('key', bytes('short'));

      expect(await store.get('key')).toEqual(Buffer.from('short'));
    });

    test('keeps one of the writers whole when several write the same key', async () => {
      const { store } = open();
      const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(50_000));

      await Promise.all(contents.map((content) => store.put('key', bytes(content))));

      const kept = Buffer.from((await store.get('key')) ?? []).toString();
      expect(contents).toContain(kept);
    });

    test('deletes, and deletes what is not there', async () => {
      const { store } = open();
      await store.put('key', bytes('x'));

      await store.delete('key');
      await store.delete('key');
      await store.delete('never/was');

      expect(await store.get('key')).toBeUndefined();
    });

    test('keeps an object and objects below its name apart', async () => {
      const { store } = open();

      await store.put('a', bytes('outer'));
      await store.put('a/b', bytes('inner'));

      expect(await store.get('a')).toEqual(Buffer.from('outer'));
      expect(await store.get('a/b')).toEqual(Buffer.from('inner'));
    });

    test.each([
      '../up',
      'a/../../b',
      '/root',
      'a//b',
      '',
      'a/',
      'A',
      'a.b',
      'a\0b',
      'x'.repeat(513),
    ])('refuses the key %j', async (key) => {
      const { store } = open();

      await expect(store.put(key, bytes('x'))).rejects.toThrow(/key/);
      await expect(store.get(key)).rejects.toThrow(/key/);
      await expect(store.delete(key)).rejects.toThrow(/key/);
    });
  });
}

describeObjectStore('disk', openDisk);

test('a disk store leaves no temporary file behind', async () => {
  const { store, folder } = openDisk();

  await store.put('a/b', bytes('x'));
  await store.put('a/b', bytes('y'));

  expect(readdirSync(join(folder, 'objects', 'a'))).toEqual(['b.object']);
});
