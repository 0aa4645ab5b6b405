import { expect, test } from 'vitest';
import { parseUsageQuery } from './parse-usage-query.ts';

function filtersOf(query: string) {
  const terms = { metadataKeys: ['team'], nowMs: Date.UTC(2030, 0, 31), accept: [] };
  const { filters } = parseUsageQuery(new URLSearchParams(query), terms).query;
  return Object.fromEntries([...filters].map(([name, wanted]) => [name, [...wanted]]));
}

test('filters are texts with commas, and one without text fits jobs that have none', () => {
  expect(filtersOf('model=alpha,gone&state=failed, moved&user=&metadata.team=red,')).toEqual({
    model: ['alpha', 'gone'],
    state: ['failed', 'moved'],
    user: [''],
    'metadata.team': ['red', ''],
  });
});

test.each(['state=bogus', 'state=', 'state=failed,Moved', 'model=', 'model=alpha,'])(
  'a filter that fits no job whatever is refused: %s',
  (query) => {
    const [name = ''] = query.split('=');
    expect(() => filtersOf(query)).toThrow(expect.objectContaining({ param: name }));
  },
);

test('a misspelt state is answered with the names of all', () => {
  const named = /succeeded, failed, cancelled, expired, moved/;
  expect(() => filtersOf('state=succeded')).toThrow(named);
});
