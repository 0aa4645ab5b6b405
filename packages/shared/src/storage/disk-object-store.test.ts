import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ObjectStore } from '../ports/object-store.ts';
import { systemClock } from '../runtime/clock.ts';
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

    test('keeps the first of several writers, and tells all what stands there', async () => {
      const { store, reopen } = open();
      const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(50_000));

      const told = await Promise.all(
        contents.map((content) => reopen().putOnce('folder/key', bytes(content))),
      );
      const kept = await store.get('folder/key');

      expect(contents).toContain(Buffer.from(kept ?? []).toString());
      for (const each of told) expect(Buffer.from(each).equals(kept ?? Buffer.of())).toBe(true);
      expect(await store.putOnce('folder/key', bytes('late'))).toEqual(kept);
      const listed = await store.listKeys({ folder: 'folder', after: undefined, limit: 10 });
      expect(listed).toEqual(['folder/key']);
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

    test('gives a part, as far as the object goes', async () => {
      const { store } = open();
      await store.put('key', bytes('0123456789'));

      expect(await store.getRange('key', { offset: 3, bytes: 4 })).toEqual(Buffer.from('3456'));
      expect(await store.getRange('key', { offset: 8, bytes: 4 })).toEqual(Buffer.from('89'));
      expect(await store.getRange('key', { offset: 20, bytes: 4 })).toEqual(Buffer.from(''));
      expect(await store.getRange('absent', { offset: 0, bytes: 4 })).toBeUndefined();
    });

    test('lists a folder page by page, each object once and in one order', async () => {
      const { store } = open();
      const keys = ['a/b', 'a/b/c', 'a/b-1', 'a/x', 'a/x/y/z', 'a/x/y-1', 'ab/c', 'b'];
      for (const key of keys) await store.put(key, bytes(key));

      const pages: string[][] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.list({ folder: 'a', after, limit: 2 });
        if (page.length === 0) break;
        pages.push(page.map(({ key }) => key));
        after = page.at(-1)?.key;
      }

      expect(pages.map((page) => page.length)).toEqual([2, 2, 2]);
      expect(pages.flat().toSorted()).toEqual(keys.slice(0, 6).toSorted());
      expect(await store.list({ folder: 'none', after: undefined, limit: 2 })).toEqual([]);
      const [, second] = pages.flat();
      const names = await store.listKeys({ folder: 'a', after: second, limit: 3 });
      expect(names).toEqual(pages.flat().slice(2, 5));
    });

    test('goes on behind an object that has been deleted since it was listed', async () => {
      const { store } = open();
      for (const key of ['a/1/x', 'a/2/x', 'a/3/x']) await store.put(key, bytes(key));

      const [first] = await store.list({ folder: 'a', after: undefined, limit: 1 });
      await store.delete('a/1/x');
      const rest = await store.list({ folder: 'a', after: first?.key, limit: 5 });

      expect(rest.map(({ key }) => key)).toEqual(['a/2/x', 'a/3/x']);
    });

    test('tells when an object was written', async () => {
      const { store } = open();
      const before = systemClock.nowMs() - 1_000;
      await store.put('a/b', bytes('x'));

      const [found] = await store.list({ folder: 'a', after: undefined, limit: 1 });

      expect(found?.writtenAtMs).toBeGreaterThan(before);
      expect(found?.writtenAtMs).toBeLessThan(before + 60_000);
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

test('a disk store finds what a dead writer has left, and leaves those at work alone', async () => {
  const { store, folder } = openDisk();
  expect(await store.deleteUnfinished(systemClock.nowMs())).toEqual({ count: 0, bytes: 0 });
  await store.put('a/b', bytes('whole'));
  const unfinished = join(folder, 'objects', '.unfinished');
  expect(readdirSync(unfinished)).toEqual([]);
  for (const name of ['old', 'young']) writeFileSync(join(unfinished, name), 'half of it');
  utimesSync(join(unfinished, 'old'), 1, 1);

  const aMinuteAgoMs = systemClock.nowMs() - 60_000;
  expect(await store.deleteUnfinished(aMinuteAgoMs)).toEqual({ count: 1, bytes: 10 });

  expect(readdirSync(unfinished)).toEqual(['young']);
  expect(await store.get('a/b')).toEqual(Buffer.from('whole'));
});

test('a disk store removes the folder of the last object and can fill it again', async () => {
  const { store, folder } = openDisk();
  await store.put('a/b/1', bytes('x'));
  await store.put('a/b/2', bytes('x'));

  await store.delete('a/b/1');
  expect(readdirSync(join(folder, 'objects', 'a'))).toEqual(['b']);
  await store.delete('a/b/2');
  expect(readdirSync(join(folder, 'objects', 'a'))).toEqual([]);
  await store.put('a/b/3', bytes('again'));
  expect(await store.get('a/b/3')).toEqual(Buffer.from('again'));
});
