import { expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { ticketId } from '../domain/ids.ts';
import { ticketOf } from '../tickets/ticket-of.ts';
import { decodeWaitingTicket, encodeWaitingTicket } from './waiting-ticket.ts';

const ticket = { ...ticketOf(sampleRecord()), requestedModel: 'a|b,c' };
const id = ticketId(ticket.job, ticket.fence);

test('a ticket comes out of the backlog as it went in', () => {
  expect(decodeWaitingTicket(ticket.model, id, encodeWaitingTicket(ticket))).toEqual(ticket);
});

test.each([
  ['an id of another form', '17', encodeWaitingTicket(ticket)],
  ['a text that ends too soon', id, 'normal|dev|5|100'],
  ['a tenant that cannot be one', id, encodeWaitingTicket(ticket).replace('dev', 'A b')],
])('%s is none of ours', (_, ticketText, text) => {
  expect(decodeWaitingTicket('alpha', ticketText, text)).toBeUndefined();
});
