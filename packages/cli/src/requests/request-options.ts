/** The options that describe one job, for `submit` and `route`, and for what comes after. */
import { onMissNames } from '@forebay/shared/domain/job';
import { routeStrategies } from '@forebay/shared/domain/model-catalog';
import { priorityClasses } from '@forebay/shared/domain/priority';
import type { OptionSpec } from '../program/command-spec.ts';

const jobKinds = ['chat.completions', 'embeddings', 'responses'] as const;

const money = { pattern: /^\d{1,7}(\.\d{1,9})?$/, text: 'US dollars such as 0.02' };
const priority = {
  pattern: new RegExp(`^([0-9]|${priorityClasses.join('|')})$`),
  text: `0 to 9 or one of ${priorityClasses.join(', ')}`,
};
const seconds = { pattern: /^\d{1,7}(\.\d{1,3})?$/, text: 'a number of seconds' };
const pair = { pattern: /^[^=]+=/, text: 'NAME=VALUE' };

/** How a job asks for its model, and what becomes of an answer that misses its form. */
const wishOptions: readonly OptionSpec[] = [
  {
    name: 'model',
    value: 'name',
    description: 'a model or a route; several are models, tried in this order',
    repeatable: true,
  },
  {
    name: 'strategy',
    value: 'strategy',
    description: 'how the models of a route or list are ordered',
    choices: routeStrategies,
  },
  {
    name: 'min-quality',
    value: 'share',
    description: 'leave out models of a lower quality, 0 to 1',
    expected: { pattern: /^(0(\.\d+)?|1(\.0+)?)$/, text: 'a number from 0 to 1' },
  },
  {
    name: 'prefer',
    value: 'model',
    description: 'a model that comes before the others of its route',
    repeatable: true,
  },
  {
    name: 'avoid',
    value: 'model',
    description: 'a model that is taken only when no other is left',
    repeatable: true,
  },
  {
    name: 'session',
    value: 'name',
    description: 'jobs of one session stay with one model of their route',
  },
  {
    name: 'on-miss',
    value: 'what',
    description: 'what follows an answer that misses the form asked for',
    choices: onMissNames,
  },
];

export const requestOptions: readonly OptionSpec[] = [
  ...wishOptions,
  { name: 'kind', value: 'kind', description: 'kind of request', choices: jobKinds },
  { name: 'system', value: 'text', description: 'system message of a chat' },
  {
    name: 'max-tokens',
    value: 'count',
    description: 'longest answer',
    expected: { pattern: /^[1-9]\d{0,6}$/, text: 'a whole number above 0' },
  },
  {
    name: 'body',
    value: 'file',
    description: 'the OpenAI request as JSON, instead of a prompt; - is standard input',
    completes: 'file',
  },
  {
    name: 'job',
    value: 'file',
    description: 'the whole job as JSON; other options add to it; - is standard input',
    completes: 'file',
  },
  { name: 'max-cost', value: 'usd', description: 'the ceiling, US dollars', expected: money },
  {
    name: 'priority',
    value: 'priority',
    description: 'most urgent is 0',
    choices: [...priorityClasses, ...Array.from({ length: 10 }, (_, index) => String(index))],
    expected: priority,
  },
  {
    name: 'timeout',
    value: 'seconds',
    description: 'the job expires after this',
    expected: seconds,
  },
  { name: 'stream', description: 'let "forebay watch" show the answer of a chat as it is written' },
  { name: 'custom-id', value: 'text', description: 'your own name for the job' },
  {
    name: 'metadata',
    value: 'name=value',
    description: 'given back on the job',
    repeatable: true,
    expected: pair,
  },
  { name: 'webhook', value: 'url', description: 'is told how the job went' },
];

const changing: readonly string[] = ['priority', 'max-cost', 'timeout'];

/** What `change` can change. */
export const changeOptions = requestOptions.filter(({ name }) => changing.includes(name));

/** What `retry` can do otherwise. */
export const retryOptions = [...wishOptions, ...changeOptions];
