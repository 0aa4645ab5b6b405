import { eventId, idBefore } from '@forebay/shared/domain/event-id';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { JobState } from '@forebay/shared/domain/job-state';
import { describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRecord, storedEnd } from '../../../../test/support/sample-record.ts';
import { answeredFor } from '../../../../test/support/store.ts';
import {
  type DeltaEvent,
  hasEnded,
  isLastEvent,
  type KnownOfJob,
  listJobEvents,
} from './list-job-events.ts';

function recordWith(states: readonly JobState[], changes: Partial<JobRecord> = {}): JobRecord {
  const history = states.map((state, index) => ({
    version: index + 1,
    atMs: 1_000 + index,
    state,
    reasonCode: state,
    model: 'alpha',
    attempts: 0,
  }));
  const state = states.at(-1) ?? 'queued';
  return { ...sampleRecord(), state, version: states.length, history, ...changes };
}

function deltaAt(version: number, number: number): DeltaEvent {
  const delta = { choice: 0, field: 'content', text: 'x' } as const;
  return { kind: 'delta', id: eventId(version, number), attempt: 1, delta };
}

function list(record: JobRecord, known: Partial<KnownOfJob> = {}): string[] {
  const marks = { tailId: 0, cutId: 0, wholeFence: 0 };
  const events = listJobEvents({
    ...{ record, marks, deltas: [], isWhole: true, afterId: 0 },
    ...known,
  });
  return events.map((event) => {
    if (event.kind === 'state') return `${event.id} ${event.change.state}`;
    return event.kind === 'gap' ? `${event.id} ${event.reason}` : `${event.id} delta`;
  });
}

describe('listJobEvents', () => {
  test('puts deltas between the changes that they came between', () => {
    const deltas = [deltaAt(2, 1), deltaAt(2, 2), deltaAt(4, 1)];
    const marks = { tailId: eventId(4, 1), cutId: 0, wholeFence: 0 };
    expect(list(recordWith(['queued', 'running', 'queued', 'running']), { deltas, marks })).toEqual(
      [
        '1000000 queued',
        '2000000 running',
        '2000001 delta',
        '2000002 delta',
        '3000000 queued',
        '4000000 running',
        '4000001 delta',
      ],
    );
  });

  test('holds back what comes after deltas that are not read yet', () => {
    const record = recordWith(['queued', 'running', 'queued', 'running']);
    const events = list(record, { deltas: [deltaAt(2, 1), deltaAt(2, 2)], isWhole: false });
    expect(events.at(-1)).toBe('2000002 delta');
  });

  test('begins after the event that the reader has', () => {
    const record = recordWith(['queued', 'running', 'failed']);
    expect(list(record, { afterId: eventId(2, 7) })).toEqual(['3000000 failed']);
    expect(list(record, { afterId: eventId(3) })).toEqual([]);
  });

  test('ends with the first terminal event, whatever is recorded after it', () => {
    const record = recordWith(['queued', 'failed', 'failed']);
    expect(list(record)).toEqual(['1000000 queued', '2000000 failed']);
    expect(hasEnded(record, eventId(2))).toBe(true);
    expect(hasEnded(record, eventId(1))).toBe(false);
    const last = listJobEvents({
      ...{ record, deltas: [], isWhole: true, afterId: 0 },
      marks: { tailId: 0, cutId: 0, wholeFence: 0 },
    }).at(-1);
    expect(last !== undefined && isLastEvent(last)).toBe(true);
  });

  test('says where deltas were dropped for newer ones, once', () => {
    const record = recordWith(['queued', 'running']);
    const marks = { tailId: eventId(2, 10), cutId: eventId(2, 9), wholeFence: 0 };
    const known = { marks, deltas: [deltaAt(2, 10)] };
    const gap = '2000009 deltas_trimmed';
    const all = ['1000000 queued', '2000000 running', gap, '2000010 delta'];
    expect(list(record, known)).toEqual(all);
    expect(list(record, { ...known, afterId: eventId(2, 3) })).toEqual([gap, '2000010 delta']);
    expect(list(record, { ...known, afterId: eventId(2, 9) })).toEqual(['2000010 delta']);
  });

  test('says that deltas are gone whose time is over', () => {
    const record = recordWith(['queued', 'running', 'failed']);
    const marks = { tailId: eventId(2, 5), cutId: eventId(2, 1), wholeFence: 0 };
    expect(list(record, { marks })).toContain('2000005 deltas_trimmed');
    expect(list(record, { marks, afterId: eventId(2, 5) })).toEqual(['3000000 failed']);
  });

  test('says that changes are missing which the record has dropped', () => {
    const whole = recordWith(['queued', 'running', 'queued', 'running']);
    const record = { ...whole, history: whole.history.slice(2) };
    const gap = `${idBefore(3)} history_trimmed`;
    expect(list(record)).toEqual([gap, '3000000 queued', '4000000 running']);
    expect(list(record, { afterId: eventId(1) })).toContain(gap);
    expect(list(record, { afterId: eventId(2) })).not.toContain(gap);
  });

  test('tells how a job stands whose record has no history', () => {
    const record = { ...recordWith(['queued', 'running']), history: [] };
    expect(list(record)).toEqual([`${idBefore(2)} history_trimmed`, '2000000 running']);
  });

  test('says before the end whether the answer was shown whole', () => {
    const { spec } = sampleRecord();
    const { end } = answeredFor(2, 1n);
    const attempt = sampleAttempt('alpha', { end: storedEnd(end) });
    const record = recordWith(['queued', 'running', 'succeeded'], {
      spec: { ...spec, stream: true },
      attempts: [attempt],
    });
    const gap = `${idBefore(3)} deltas_incomplete`;
    expect(list(record)).toContain(gap);
    const deltas = { tailId: 0, cutId: 0, wholeFence: attempt.fence };
    expect(list({ ...record, deltas })).not.toContain(gap);
    expect(list({ ...record, spec })).not.toContain(gap);
  });
});
