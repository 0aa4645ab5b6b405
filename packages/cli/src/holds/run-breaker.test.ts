import { expect, test } from 'vitest';
import { readOptionValues } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { runBreaker } from './run-breaker.ts';

const wrong = ['', 'x'.repeat(201), 'a\u001b[2J'];

test.each(wrong)('--why %j is refused before all else', async (why) => {
  const stream = { isTTY: false, write: () => true };
  const options = { json: false, quiet: false, colours: false };
  const run = runBreaker({
    arguments: ['alpha/main', 'open'],
    options: readOptionValues(new Map([['why', why]])),
    terminal: createTerminal({ stdout: stream, stderr: stream, ...options }),
    environment: {},
    signal: new AbortController().signal,
  });
  await expect(run).rejects.toThrow(UsageError);
  await expect(run).rejects.toThrow('--why: expected 1 to 200 characters');
});
