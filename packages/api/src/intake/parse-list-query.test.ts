import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { describe, expect, test } from 'vitest';
import { parseListQuery } from './parse-list-query.ts';

const parse = (text: string) => parseListQuery(new URLSearchParams(text));

describe('the query of a job list', () => {
  test('without anything asks for the first page of all jobs', () => {
    expect(parse('')).toEqual({
      filters: {
        states: [],
        model: undefined,
        batchId: undefined,
        createdFromMs: undefined,
        createdBeforeMs: undefined,
      },
      limit: 20,
      after: undefined,
    });
  });

  test('takes several states, in any order and twice, as the same filter', () => {
    expect(parse('status=running,queued,running').filters).toEqual(
      parse('status=queued,%20running').filters,
    );
  });

  test.each([
    ['2030-01-31T12:00:00Z', Date.UTC(2030, 0, 31, 12)],
    ['2030-01-31T12:00:00.5Z', Date.UTC(2030, 0, 31, 12) + 500],
    ['2030-01-31T12:00:00.0000001Z', Date.UTC(2030, 0, 31, 12) + 1],
    ['2032-02-29T12:00:00Z', Date.UTC(2032, 1, 29, 12)],
    ['2030-01-31T14:00:00+02:00', Date.UTC(2030, 0, 31, 12)],
    ['2030-01-31T14:00:00%2B02:00', Date.UTC(2030, 0, 31, 12)],
    ['1896091200', 1_896_091_200_000],
    ['1896091200.0001', 1_896_091_200_001],
  ])('reads the time %s', (text, atMs) => {
    expect(parse(`created_after=${text}`).filters.createdFromMs).toBe(atMs);
  });

  test('reduces a limit that is too large', () => {
    expect(parse('limit=101').limit).toBe(100);
    expect(parse('limit=99999999999').limit).toBe(100);
    expect(parse('limit=1').limit).toBe(1);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=', 'status'],
    ['status=queued,,running', 'status'],
    ['status=done', 'status'],
    ['model=', 'model'],
    ['model=a b', 'model'],
    [`batch=${'x'.repeat(256)}`, 'batch'],
    ['created_after=yesterday', 'created_after'],
    ['created_after=2030-01-31', 'created_after'],
    ['created_before=2030-13-31T12:00:00Z', 'created_before'],
    ['created_before=2030-02-29T12:00:00Z', 'created_before'],
    ['created_before=-5', 'created_before'],
    ['states=queued', 'states'],
  ])('refuses %s and names the parameter', (text, param) => {
    const refusal = ((): unknown => {
      try {
        return parse(text);
      } catch (error) {
        return error;
      }
    })();
    expect(ForebayError.is(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: 'invalid_request', param });
  });

  test('suggests the name that was meant', () => {
    expect(() => parse('create_after=1')).toThrow('did you mean "created_after"?');
  });
});
