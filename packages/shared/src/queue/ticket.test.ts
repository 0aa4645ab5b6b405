import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { ticketId } from '../domain/ids.ts';
import { ticketOf } from '../tickets/ticket-of.ts';
import { decodeTicket, encodeTicket } from './ticket.ts';

const record = sampleRecord();
const ticket = ticketOf(record);
const id = ticketId(record.id, 3);

test('an entry carries what an operator needs and nothing of the content (S10)', () => {
  expect(encodeTicket(ticket)).toEqual({
    tenant: 'dev',
    requestedModel: 'alpha',
    priority: 5,
    attempt: 1,
    estimatedCostUsd: '0.0000002',
    reservedTokens: 100,
    deadlineAtMs: record.deadlineAtMs,
  });
});

test('an entry says which job it points at, and at which fence', () => {
  const received = decodeTicket(id, JSON.parse(JSON.stringify(encodeTicket(ticket))));
  expect(received).toEqual({
    id,
    job: record.id,
    fence: 3,
    tenant: 'dev',
    reservedTokens: 100,
    deadlineAtMs: record.deadlineAtMs,
  });
});

test('an entry of an earlier version, without a deadline, is read', () => {
  const { deadlineAtMs, ...earlier } = encodeTicket(ticket);
  expect(deadlineAtMs).toBe(record.deadlineAtMs);
  expect(decodeTicket(id, earlier)).toMatchObject({ id, deadlineAtMs: undefined });
});

test.each([
  ['no id', undefined, encodeTicket(ticket)],
  ['an id of another form', '17', encodeTicket(ticket)],
  ['a job without a fence', record.id, encodeTicket(ticket)],
  ['no data', id, {}],
  ['a tenant that cannot be one', id, { ...encodeTicket(ticket), tenant: 'A b' }],
  ['text for a number', id, { ...encodeTicket(ticket), reservedTokens: '1' }],
])('an entry with %s is none of ours', (_, entryId, data) => {
  expect(decodeTicket(entryId, data)).toBeUndefined();
});

test('nothing that anybody adds to a queue can break the reader', () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      expect(decodeTicket(id, data)).toBeUndefined();
    }),
    { seed: 5 },
  );
});
