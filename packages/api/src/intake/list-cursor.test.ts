import { newJobId } from '@forebay/shared/domain/ids';
import { describe, expect, test } from 'vitest';
import { tenantNamed } from '../../../../test/support/store.ts';
import { createListCursors } from './list-cursor.ts';

const cursors = createListCursors('a pepper that only this test knows');
const scope = { tenant: tenantNamed('dev'), filters: { status: ['queued'] } };
const place = { createdAtMs: 1_795_000_000_123, id: newJobId() };

describe('a cursor', () => {
  test('leads back to its place, for any process with the same secret', () => {
    const cursor = cursors.write(scope, place);
    expect(createListCursors('a pepper that only this test knows').read(scope, cursor)).toEqual(
      place,
    );
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  test('of another tenant is refused like any text that never was a cursor', () => {
    const foreign = cursors.write({ ...scope, tenant: tenantNamed('other') }, place);
    const refusal = (text: string): unknown => {
      try {
        return cursors.read(scope, text);
      } catch (error) {
        return error;
      }
    };
    expect(refusal(foreign)).toMatchObject({ code: 'invalid_cursor', param: 'after' });
    expect(refusal(foreign)).toEqual(refusal('garbage'));
  });

  test('of another secret, or changed in any byte, is refused', () => {
    const cursor = cursors.write(scope, place);
    expect(() => createListCursors('another pepper').read(scope, cursor)).toThrow(/expected a/);
    const bytes = Buffer.from(cursor, 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => cursors.read(scope, changed.toString('base64url'))).toThrow(/expected a/);
    }
    for (const text of ['', '!', `${cursor}!`, `${cursor} `, 'x'.repeat(10_000)]) {
      expect(() => cursors.read(scope, text)).toThrow(/expected a/);
    }
  });

  test('with other filters than it came with is refused, and the text says so', () => {
    const cursor = cursors.write(scope, place);
    const other = { ...scope, filters: { status: ['running'] } };
    expect(() => cursors.read(other, cursor)).toThrow(/belongs to other filters/);
  });
});
