import { describe, expect, test } from 'vitest';
import { etagOf, knownVersion, statedVersion } from './etag.ts';
import { waitFromPrefer, waitFromQuery } from './wait-preference.ts';

describe('waitFromQuery', () => {
  test.each([
    ['', 0],
    ['wait=0', 0],
    ['wait=25', 25],
    ['wait=0.5', 0.5],
    ['wait=999', 55],
  ])('reads "%s" as %d seconds', (query, seconds) => {
    expect(waitFromQuery(new URLSearchParams(query))).toBe(seconds);
  });

  test.each([['wait='], ['wait=-1'], ['wait=soon'], ['wait=1e3'], ['wait=1&wait=2']])(
    'refuses "%s"',
    (query) => {
      expect(() => waitFromQuery(new URLSearchParams(query))).toThrow(/wait/);
    },
  );
});

describe('waitFromPrefer', () => {
  test.each([
    [[], undefined],
    [['wait=10'], 10],
    [['respond-async, wait=10'], 10],
    [['respond-async', 'Wait = 7; x=y'], 7],
    [['wait=600'], 55],
    [['wait=soon'], undefined],
    [['await=10'], undefined],
  ])('reads %j as %s', (headers, seconds) => {
    expect(waitFromPrefer(headers)).toBe(seconds);
  });
});

describe('knownVersion', () => {
  test.each([
    [[], undefined],
    [[etagOf(7)], 7],
    [['W/"7"'], 7],
    [['"3", "12", "x"'], 12],
    [['*'], undefined],
    [['7'], undefined],
  ])('reads %j as %s', (headers, version) => {
    expect(knownVersion(headers)).toBe(version);
  });
});

describe('statedVersion', () => {
  test.each([
    [[], undefined],
    [['*'], undefined],
    [[etagOf(7)], 7],
  ])('reads %j as %s', (headers, version) => {
    expect(statedVersion(headers)).toBe(version);
  });

  test.each([[['7']], [['W/"7"']], [['"3"', '"4"']]])('refuses %j', (headers) => {
    const error = { code: 'invalid_request', param: 'If-Match' };
    expect(() => statedVersion(headers)).toThrow(expect.objectContaining(error));
  });
});
