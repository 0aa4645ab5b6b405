import { expect, test } from 'vitest';
import { tokenSamples } from '../../../../test/support/token-samples.ts';
import { ContentTally } from './content-tally.ts';

function classOf(...texts: readonly string[]): string {
  const tally = new ContentTally();
  for (const text of texts) tally.add(text);
  return tally.class;
}

const expected: Readonly<Record<string, string>> = {
  prose: 'prose',
  code: 'code',
  JSON: 'json',
  'JSON, packed': 'json',
  Chinese: 'cjk',
  Russian: 'prose',
  emoji: 'other',
  base64: 'other',
  whitespace: 'other',
  'rare signs': 'other',
};

test.each(tokenSamples)('$name has its class', ({ name, text }) => {
  expect(classOf(text)).toBe(expected[name]);
});

test('a prompt is what most of its text is, and one without text is of no class', () => {
  const [prose = '', json = ''] = ['prose', 'JSON'].map(
    (name) => tokenSamples.find((each) => each.name === name)?.text ?? '',
  );
  expect(classOf('Sum this up:', json)).toBe('json');
  expect(classOf(prose.repeat(20), '{"a": 1}')).toBe('prose');
  expect(classOf()).toBe('other');
});
