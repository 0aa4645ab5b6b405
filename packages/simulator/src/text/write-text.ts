import { CHARACTERS_PER_TOKEN } from './count-tokens.ts';
import type { SeededRandom } from './seeded-random.ts';

const OPENINGS = [
  'In short,',
  'As the figures show,',
  'For most readers,',
  'On closer look,',
  'The main point is that',
  'In practice,',
  'Compared with last year,',
  'According to the text,',
];

const SUBJECTS = [
  'the order',
  'the report',
  'the customer',
  'the team',
  'this approach',
  'the contract',
  'the second option',
  'the summary',
  'the data',
  'the delivery',
];

const VERBS = [
  'explains',
  'changes',
  'covers',
  'depends on',
  'improves',
  'delays',
  'includes',
  'confirms',
  'replaces',
  'supports',
];

const OBJECTS = [
  'the agreed date',
  'a lower price',
  'three open questions',
  'the warranty terms',
  'most of the cost',
  'the first request',
  'a clear next step',
  'the shipping address',
  'the quarterly result',
  'an earlier decision',
];

const ENDINGS = ['today', 'in most cases', 'for now', 'without extra work', 'as planned', 'again'];

/**
 * Plausible English of exactly `tokens` tokens by the simulator's own rule. The last character
 * is a full stop unless the text is one that was cut off.
 */
export function writeText(random: SeededRandom, tokens: number, cutOff: boolean): string {
  const length = tokens * CHARACTERS_PER_TOKEN;
  if (length <= 0) return '';
  let text = '';
  while (text.length < length) text += `${text === '' ? '' : ' '}${writeSentence(random)}`;
  return cutOff ? text.slice(0, length) : `${text.slice(0, length - 1)}.`;
}

function writeSentence(random: SeededRandom): string {
  const parts = [random.pick(SUBJECTS), random.pick(VERBS), random.pick(OBJECTS)];
  if (random.next() < 0.5) parts.unshift(random.pick(OPENINGS));
  if (random.next() < 0.5) parts.push(random.pick(ENDINGS));
  const sentence = parts.join(' ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}
