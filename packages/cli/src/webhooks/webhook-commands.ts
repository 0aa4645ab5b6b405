/** `forebay webhooks`: a tenant's endpoints, by the API. */
import { webhookFilters } from '@forebay/shared/domain/webhook-endpoint';
import type { ArgumentSpec, CommandSpec } from '../program/command-spec.ts';

const id: ArgumentSpec = { name: 'id', description: 'such as whe_01h…', required: true };
const example = 'whe_01kb0c4m5xf8ga3d9t7s2v6w1y';
const scope = 'The key needs the scope webhooks:manage.';
const number = { pattern: /^[1-9]\d{0,14}$/, text: 'the number of an event, from 1' };

export const webhookCommands: readonly CommandSpec[] = [
  {
    path: 'webhooks list',
    summary: 'list your webhook endpoints',
    notes: [scope],
    group: 'caller',
    arguments: [],
    options: [],
    examples: [{ command: 'forebay webhooks list', explains: 'and whether each is on' }],
    load: async () => (await import('./run-webhooks.ts')).runWebhooksList,
  },
  {
    path: 'webhooks create',
    summary: 'register a webhook endpoint',
    notes: [
      `${scope} Prints the id and, this once, the secret that verifies deliveries. The same ` +
        '--idempotency-key finds the same endpoint.',
    ],
    group: 'caller',
    arguments: [{ name: 'url', description: 'what is called', required: true }],
    options: [
      {
        name: 'event',
        value: 'name',
        description: 'what it hears of; ends of jobs and what concerns you when not given',
        choices: webhookFilters,
        repeatable: true,
      },
      { name: 'description', value: 'text', description: 'your own words' },
      { name: 'off', description: 'register it switched off' },
      {
        name: 'idempotency-key',
        value: 'text',
        description: 'the same key makes one endpoint, however often it is sent',
      },
    ],
    examples: [
      {
        command: 'forebay webhooks create https://example.com/hooks --event job.failed',
        explains: 'hear of jobs that fail',
      },
    ],
    load: async () => (await import('./run-webhooks.ts')).runWebhooksCreate,
  },
  {
    path: 'webhooks delete',
    summary: 'remove a webhook endpoint with all that was kept of it',
    notes: [scope],
    group: 'caller',
    arguments: [id],
    options: [],
    examples: [{ command: `forebay webhooks delete ${example}`, explains: 'it hears no more' }],
    load: async () => (await import('./run-webhooks.ts')).runWebhooksDelete,
  },
  {
    path: 'webhooks test',
    summary: 'send an endpoint a test event and wait for its answer',
    notes: [`${scope} The exit code is 1 when it was not delivered.`],
    group: 'caller',
    arguments: [id],
    options: [],
    examples: [{ command: `forebay webhooks test ${example}`, explains: 'does it work?' }],
    load: async () => (await import('./run-webhooks.ts')).runWebhooksTest,
  },
  {
    path: 'webhooks replay',
    summary: 'send events of an endpoint again',
    notes: [
      `${scope} Events keep their ids, so a receiver knows one that it has seen. Give --event, ` +
        'or --since and, if wanted, --until.',
    ],
    group: 'caller',
    arguments: [id],
    options: [
      { name: 'event', value: 'id', description: 'this one alone' },
      {
        name: 'since',
        value: 'number',
        description: 'all from this number on',
        expected: number,
      },
      { name: 'until', value: 'number', description: 'up to this number', expected: number },
    ],
    examples: [
      { command: `forebay webhooks replay ${example} --since 118`, explains: 'after an outage' },
    ],
    load: async () => (await import('./run-webhooks.ts')).runWebhooksReplay,
  },
];
