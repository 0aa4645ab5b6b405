import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { openResultFile } from './result-file.ts';

test('holds up any number of writers with one listener', async () => {
  const path = join(scratchFolder('results'), 'results.jsonl');
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): unknown => warnings.push(name);
  process.on('warning', onWarning);
  const file = openResultFile(path);
  if (file === undefined) throw new Error('a path was given');
  // Far more than the stream takes at once, as large answers are.
  const job = { text: 'x'.repeat(100_000) };
  await Promise.all(Array.from({ length: 32 }, () => file.write(job)));
  await file.close();
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(33);
});
