import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { type CommandInput, readOptionValues } from '../program/command-input.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { readRequest } from './read-request.ts';

function inputOf(args: readonly string[], options: Readonly<Record<string, unknown>>) {
  const nowhere = { write: () => {} };
  const input: CommandInput = {
    arguments: args,
    options: readOptionValues(new Map(Object.entries(options))),
    terminal: createTerminal({
      ...{ stdout: nowhere, stderr: nowhere, json: false, quiet: true, colours: false },
    }),
    environment: {},
    signal: new AbortController().signal,
  };
  return input;
}

describe('readRequest', () => {
  test('makes a chat of a prompt', () => {
    const options = { model: ['auto'], system: 'Be brief.', 'max-tokens': '9', priority: '3' };
    expect(readRequest(inputOf(['Hello'], options))).toEqual({
      kind: 'chat.completions',
      model: 'auto',
      priority: 3,
      body: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello' },
        ],
        max_tokens: 9,
      },
    });
  });

  test('adds what is asked of routing to that of the job file', () => {
    const job = join(scratchFolder('job'), 'job.json');
    const routing = { strategy: 'best', min_quality: 0.2 };
    writeFileSync(job, JSON.stringify({ model: 'auto', body: {}, routing }));
    const options = { job, 'min-quality': '0.7' };
    expect(readRequest(inputOf([], options))).toMatchObject({
      routing: { strategy: 'best', min_quality: 0.7 },
    });
    expect(readRequest(inputOf(['x'], { model: ['a'], strategy: 'fastest' }))).toMatchObject({
      routing: { strategy: 'fastest' },
    });
    expect('routing' in readRequest(inputOf(['x'], { model: ['a'] }))).toBe(false);
  });

  test.each([
    ['embeddings', { input: 'Hello' }],
    ['responses', { input: 'Hello', max_output_tokens: 9 }],
  ])('gives the prompt of %s its place', (kind, body) => {
    const options = { kind, model: ['a', 'b'], 'max-tokens': '9' };
    expect(readRequest(inputOf(['Hello'], options))).toEqual({ kind, models: ['a', 'b'], body });
  });

  test('takes everything that stands around the request', () => {
    const options = {
      model: ['auto'],
      'max-cost': '0.02',
      priority: 'bulk',
      timeout: '1.5',
      'custom-id': 'row-1',
      metadata: ['report=7', 'formula=a=b'],
      webhook: 'https://example.com/hook',
      stream: true,
      'on-miss': 'fail',
    };
    expect(readRequest(inputOf(['Hello'], options))).toMatchObject({
      max_cost_usd: '0.02',
      priority: 'bulk',
      timeout_seconds: 1.5,
      custom_id: 'row-1',
      metadata: { report: '7', formula: 'a=b' },
      webhook: { url: 'https://example.com/hook' },
      stream: true,
      validation: { on_miss: 'fail' },
    });
  });

  test.each([
    [[], { model: ['a'] }, /prompt/],
    [['Hello'], {}, /--model/],
    [['Hello'], { model: ['a'], body: 'package.json' }, /not both/],
    [[], { model: ['a'], body: 'no-such-file.json' }, /no-such-file\.json cannot be read/],
    [[], { model: ['a'], body: 'README.md' }, /README\.md is not valid JSON/],
  ])('says what is missing with %j and %j', (args, options, message) => {
    expect(() => readRequest(inputOf(args, options))).toThrow(message);
  });
});
