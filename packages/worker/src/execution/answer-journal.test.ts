import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forebay/shared/runtime/clock';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AnswerJournal, openAnswerJournal } from './answer-journal.ts';
import { encodeFrame } from './journal-frame.ts';

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'forebay-journal-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens as a later start of the same process: the owner is this very process, given up first. */
async function open(directory: string): Promise<AnswerJournal> {
  return openAnswerJournal({ directory, owner: 'worker', clock: systemClock });
}

const entry = (id: string, text = id) => ({ id, content: Buffer.from(text) });
const ids = (journal: AnswerJournal): string[] => journal.pending().map(({ id }) => id);

function segmentsIn(directory: string): string[] {
  const folder = join(directory, 'worker');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.journal'))
    .sort()
    .map((name) => join(folder, name));
}

describe('the answer journal', () => {
  test('gives back what is not done, in order, at the next start', async () => {
    const directory = scratch();
    const first = await open(directory);
    await Promise.all(['a', 'b', 'c'].map((id) => first.append(entry(id, `answer ${id}`))));
    await first.markDone('b');
    await first.close();

    const second = await open(directory);

    expect(ids(second)).toEqual(['a', 'c']);
    expect(Buffer.from(second.pending()[0]?.content ?? []).toString()).toBe('answer a');
    await second.close();
  });

  test('leaves nothing on disk once everything is done', async () => {
    const directory = scratch();
    const journal = await open(directory);
    await journal.append(entry('a'));
    await journal.markDone('a');

    await journal.close();

    expect(readdirSync(directory)).toEqual([]);
  });

  test('deletes a full segment as soon as its entries are done', async () => {
    const directory = scratch();
    const journal = await open(directory);
    await journal.append({ id: 'large', content: Buffer.alloc(9 * 1024 * 1024) });
    await journal.append(entry('small'));
    expect(segmentsIn(directory)).toHaveLength(2);

    await journal.markDone('large');

    expect(segmentsIn(directory)).toHaveLength(1);
    expect(ids(journal)).toEqual(['small']);
    await journal.close();
  });

  test('moves an entry that is written again, so that its old segment can go', async () => {
    const directory = scratch();
    const first = await open(directory);
    await Promise.all(['settled', 'stuck'].map((id) => first.append(entry(id))));
    await first.close();

    const second = await open(directory);
    await second.markDone('settled');
    await second.append(entry('stuck'));
    await second.close();

    expect(segmentsIn(directory)).toHaveLength(1);
    const third = await open(directory);
    expect(ids(third)).toEqual(['stuck']);
    await third.close();
  });

  test('reads up to a torn frame and writes behind it safely', async () => {
    const directory = scratch();
    const first = await open(directory);
    await first.append(entry('whole'));
    await first.close();
    const frame = encodeFrame({ kind: 'entry', entry: entry('torn') });
    appendFileSync(segmentsIn(directory)[0] ?? '', frame.subarray(0, frame.length - 3));

    const second = await open(directory);
    expect(ids(second)).toEqual(['whole']);
    await second.append(entry('next'));
    await second.close();

    const third = await open(directory);
    expect(ids(third)).toEqual(['whole', 'next']);
    await third.close();
  });

  test('loses only the last entry wherever its file was cut', async () => {
    const first = encodeFrame({ kind: 'entry', entry: entry('kept') });
    const last = encodeFrame({ kind: 'entry', entry: entry('cut') });
    for (let cut = 0; cut < last.length; cut += 1) {
      const directory = scratch();
      const writer = await open(directory);
      await writer.append(entry('kept'));
      await writer.append(entry('cut'));
      await writer.close();
      truncateSync(segmentsIn(directory)[0] ?? '', first.length + cut);

      const reader = await open(directory);

      expect(ids(reader)).toEqual(['kept']);
      await reader.close();
    }
  });

  test('refuses a second owner while the first lives', async () => {
    const directory = scratch();
    const journal = await open(directory);

    await expect(open(directory)).rejects.toThrow(/living process/);

    await journal.close();
  });
});
