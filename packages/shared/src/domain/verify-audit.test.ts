import { describe, expect, test } from 'vitest';
import { type AuditEntry, type AuditHead, chainLine, emptyLog } from './audit-line.ts';
import { verifyAudit } from './verify-audit.ts';

const entry: AuditEntry = {
  id: 'aud_1',
  atMs: 1_700_000_000_000,
  actor: 'key:abc',
  action: 'budget.create',
  target: 'tenant:acme/budget:bud_1',
  outcome: 'done',
  error: undefined,
  before: undefined,
  after: 'f'.repeat(64),
  requestId: 'req_1',
};

function logOf(count: number): readonly string[] {
  const lines: string[] = [];
  let head: AuditHead = emptyLog;
  for (let n = 1; n <= count; n += 1) {
    const line = chainLine(head, { ...entry, id: `aud_${n}`, target: `tenant:t${n}` });
    lines.push(line.text);
    head = line;
  }
  return lines;
}

function textAt(lines: readonly string[], place: number): string {
  return lines[place - 1] ?? '';
}

const log = logOf(9);

describe('an audit log', () => {
  test('is intact as it was written, also with blank lines, and when it is empty', async () => {
    const newest = JSON.parse(textAt(log, 9)).hash;
    const intact = { kind: 'intact', head: { number: 9, hash: newest } };
    expect(await verifyAudit(log)).toEqual(intact);
    expect(await verifyAudit([...log, '', '\n'])).toEqual(intact);
    expect(await verifyAudit([])).toEqual({ kind: 'intact', head: emptyLog });
  });

  test.each([
    ['one letter of the actor', '"actor":"key:abc"', '"actor":"key:abd"'],
    ['a hash of what was changed', 'f'.repeat(64), 'e'.repeat(64)],
    ['the time', '"at":"2023', '"at":"2024'],
    ['a member more', '"v":1', '"v":1,"w":1'],
    ['a member twice', '"actor":"key:abc"', '"actor":"key:evil","actor":"key:abc"'],
    ['a number in another form', '"v":1', '"v":1.0'],
    ['a blank', '"v":1', '"v": 1'],
  ])('with an edited line is broken at this line: %s', async (_what, from, to) => {
    const edited = log.map((text, index) => (index === 3 ? text.replace(from, to) : text));
    expect(await verifyAudit(edited)).toMatchObject({ kind: 'broken', line: 4 });
  });

  test('is broken where a line is missing, added twice or no JSON', async () => {
    for (let place = 1; place < 9; place += 1) {
      const shorter = log.toSpliced(place - 1, 1);
      expect(await verifyAudit(shorter)).toMatchObject({ kind: 'broken', line: place });
      const longer = log.toSpliced(place, 0, textAt(log, place));
      expect(await verifyAudit(longer)).toMatchObject({ kind: 'broken', line: place + 1 });
      const damaged = log.toSpliced(place - 1, 1, textAt(log, place).slice(0, -1));
      expect(await verifyAudit(damaged)).toMatchObject({ kind: 'broken', line: place });
    }
  });

  test('is broken where two lines have changed places', async () => {
    for (let place = 1; place < 9; place += 1) {
      const swapped = log.toSpliced(place - 1, 2, textAt(log, place + 1), textAt(log, place));
      expect(await verifyAudit(swapped)).toMatchObject({ kind: 'broken', line: place });
    }
  });

  test('with a line edited and hashed again is broken at the line after it', async () => {
    const head = { number: 3, hash: JSON.parse(textAt(log, 3)).hash };
    const forged = chainLine(head, { ...entry, actor: 'key:nobody' }).text;
    expect(await verifyAudit(log.toSpliced(3, 1, forged))).toMatchObject({ line: 5 });
  });

  test('whose end is cut off is found only by a hash that was noted', async () => {
    const noted = JSON.parse(textAt(log, 9)).hash;
    expect(await verifyAudit(log.slice(0, 8))).toMatchObject({ kind: 'intact' });
    expect(await verifyAudit(log.slice(0, 8), noted)).toMatchObject({ kind: 'broken', line: 9 });
    expect(await verifyAudit(log, noted)).toMatchObject({ kind: 'intact' });
    // Lines that came after the note are no damage.
    const earlier = JSON.parse(textAt(log, 5)).hash;
    expect(await verifyAudit(log, earlier)).toMatchObject({ kind: 'intact' });
  });
});
