import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forebay/shared/runtime/clock';
import {
  type AnswerJournal,
  adoptDeadJournals,
  openAnswerJournal,
} from '@forebay/worker/execution/answer-journal';
import { describe, expect, test } from 'vitest';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const nodeOptions = '--conditions=forebay-source --import tsx';

function adopt(directory: string): Promise<AnswerJournal[]> {
  return adoptDeadJournals(directory, systemClock, (error) => {
    throw error;
  });
}

interface ChildOptions {
  readonly count: number;
  readonly sizeBytes: number;
}

function startWriter(directory: string, { count, sizeBytes }: ChildOptions): TestProcess {
  return startProcess({
    name: 'journal-child',
    args: ['test/support/journal-child.ts', directory, 'dead', String(count), String(sizeBytes)],
    env: { NODE_OPTIONS: nodeOptions },
  });
}

function syncedIds(output: string): string[] {
  return [...output.matchAll(/^synced (\S+)$/gm)].map((match) => match[1] ?? '');
}

describe('answer journals of processes that were killed', () => {
  test('hold every answer whose append had resolved', async () => {
    for (let round = 1; round <= 3; round += 1) {
      const directory = scratchFolder('journal');
      const child = startWriter(directory, { count: 0, sizeBytes: 2_000 });
      await child.waitForOutput(new RegExp(`synced ${round * 40}-0`));

      await child.kill('SIGKILL');
      const [journal, ...others] = await adopt(directory);

      expect(others).toEqual([]);
      const kept = new Set(journal?.pending().map(({ id }) => id));
      const synced = syncedIds(child.output());
      expect(synced.length).toBeGreaterThan(100);
      expect(synced.filter((id) => !kept.has(id))).toEqual([]);
      await journal?.close();
    }
  });

  test('are adopted once and gone when their entries are done', async () => {
    const directory = scratchFolder('journal');
    const child = startWriter(directory, { count: 3, sizeBytes: 10 });
    await child.waitForOutput(/synced 2-3/);
    await child.kill('SIGKILL');

    const adoptions = await Promise.all([adopt(directory), adopt(directory)]);

    const journals = adoptions.flat();
    expect(journals).toHaveLength(1);
    for (const journal of journals) {
      for (const { id } of journal.pending()) await journal.markDone(id);
      await journal.close();
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  test('are left alone while their owner lives, even when it is paused', async () => {
    const directory = scratchFolder('journal');
    const child = startWriter(directory, { count: 1, sizeBytes: 10 });
    await child.waitForOutput(/synced 0-3/);
    await child.kill('SIGSTOP');

    expect(await adopt(directory)).toEqual([]);

    const attempt = openAnswerJournal({ directory, owner: 'dead', clock: systemClock });
    await expect(attempt).rejects.toThrow(/living process/);
  });

  test('keep earlier answers when the disk takes no more', async () => {
    const directory = scratchFolder('journal');
    const script = join('test', 'support', 'limit-file-size.mjs');
    const child = startProcess({
      name: 'journal-child',
      args: [script, 'test/support/journal-child.ts', directory, 'dead', '40', '2000'],
      env: { FOREBAY_CHILD_OPTIONS: nodeOptions },
    });
    await child.waitForOutput(/refused \S+ healthy=false/);
    const synced = syncedIds(child.output());

    // The script that sets the limit kills its child and ends.
    await child.kill('SIGTERM');
    const journals = await adopt(directory);

    const kept = new Set(journals.flatMap((journal) => journal.pending().map(({ id }) => id)));
    expect(synced.length).toBeGreaterThan(4);
    expect(synced.filter((id) => !kept.has(id))).toEqual([]);
    for (const journal of journals) await journal.close();
  });
});
