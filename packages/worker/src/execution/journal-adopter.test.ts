import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId, newJobId } from '@forebay/shared/domain/ids';
import type { SettleRequest } from '@forebay/shared/ports/job-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { expect, onTestFinished, test } from 'vitest';
import { answeredFor, testTenant } from '../../../../test/support/store.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { encodeSettlement } from '../settlement/settlement-codec.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { openAnswerJournal } from './answer-journal.ts';
import { createJournalAdopter } from './journal-adopter.ts';
import type { JournalEntry } from './journal-frame.ts';

function goodEntry(): JournalEntry {
  const request: SettleRequest = {
    settlement: 'settle-1',
    id: newJobId(),
    tenant: testTenant,
    fence: 2,
    from: ['running', 'cancelling'],
    attempt: answeredFor(2, 7n),
    to: 'succeeded',
    reason: { code: 'succeeded', text: 'answered' },
    error: undefined,
    usage: undefined,
    sealedResult: Buffer.from('i an answer'),
  };
  return { id: attemptId(request.id, request.fence), content: encodeSettlement({ request }) };
}

/** A journal that its process gave up with these entries in it. */
async function leaveJournal(directory: string, owner: string, entries: readonly JournalEntry[]) {
  const journal = await openAnswerJournal({ directory, owner, clock: systemClock });
  for (const entry of entries) await journal.append(entry);
  await journal.close();
}

test('neither a bad entry nor a bad folder strands the answers of others', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'forebay-adopter-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'a-broken'), 'a file where a folder should be');
  const bad = { id: 'bad', content: Buffer.from('{') };
  await leaveJournal(directory, 'b-first', [bad, goodEntry()]);
  await leaveJournal(directory, 'c-second', [goodEntry()]);

  const settled: SettleRequest[] = [];
  const failures: string[] = [];
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  events.on('journal.entry_failed', ({ entry }) => failures.push(entry));
  events.on('loop.failed', ({ loop }) => failures.push(loop));
  const adopter = createJournalAdopter({
    jobs: {
      async settle(request) {
        settled.push(request);
        return { kind: 'adopted', byThis: true };
      },
    },
    vault: {
      place: async (_, packed) => packed,
      seal: async () => new Uint8Array(),
      unpack: async () => ({}),
    },
    outputs: { check: async () => undefined },
    endMissed: async () => {},
    clock: systemClock,
    events,
    giveUp: new AbortController().signal,
    directory,
    intervalMs: 20,
  });
  adopter.start();
  onTestFinished(() => adopter.stop());
  await waitUntil(() => failures.filter((name) => name === 'bad').length >= 2, {
    what: 'the bad entry to be tried again in a later round',
  });
  await adopter.stop();

  expect(settled).toHaveLength(2);
  expect(new Set(failures)).toEqual(new Set(['journal-adopter', 'bad']));
  // The bad one is still there for a version that understands it; the other journal is gone.
  const left = readdirSync(directory).filter((name) => name !== 'a-broken');
  expect(left).toHaveLength(1);
});
