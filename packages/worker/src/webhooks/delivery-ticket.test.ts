import { newJobId, parseTenantId } from '@forebay/shared/domain/ids';
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';
import { describe, expect, test } from 'vitest';
import { deliveryTicketId, readDeliveryTicket, ticketFor } from './delivery-ticket.ts';

function event(): OutboxEvent {
  const tenant = parseTenantId('dev');
  if (tenant === undefined) throw new Error('not a tenant name');
  return {
    id: 'evt_1',
    type: 'job.succeeded',
    tenant,
    job: newJobId(),
    endpointId: 'ep_1',
    url: 'https://example.com/secret-path',
    version: 4,
    atMs: 1,
    sequence: undefined,
    attempts: 2,
    run: '',
    endpointFailures: 0,
  };
}

describe('a delivery ticket', () => {
  test('carries names and numbers, not the URL', () => {
    expect(ticketFor(event(), 99)).toEqual({
      tenant: 'dev',
      endpointId: 'ep_1',
      eventId: 'evt_1',
      attempts: 2,
      run: '',
      sendByMs: 99,
    });
  });

  test('has an id that BullMQ takes, new for each attempt and each hand-out', () => {
    const ids = [
      deliveryTicketId(ticketFor(event(), 99)),
      deliveryTicketId(ticketFor({ ...event(), attempts: 3 }, 99)),
      deliveryTicketId(ticketFor(event(), 100)),
    ];
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe('evt_1-2-99');
  });

  test('is read back as it was written', () => {
    const ticket = ticketFor(event(), 99);
    expect(readDeliveryTicket(JSON.parse(JSON.stringify(ticket)))).toEqual(ticket);
  });

  test.each([
    null,
    'text',
    [],
    {},
    { tenant: 'DEV', endpointId: 'e', eventId: 'v', attempts: 0, sendByMs: 1 },
    { tenant: 'dev', endpointId: 1, eventId: 'v', attempts: 0, sendByMs: 1 },
    { tenant: 'dev', endpointId: 'e', eventId: 'v', attempts: '0', sendByMs: 1 },
    { tenant: 'dev', endpointId: 'e', eventId: 'v', attempts: 0 },
    { tenant: 'dev', endpointId: 'e', eventId: 'v', attempts: 0, run: 1, sendByMs: 1 },
  ])('of another form is none of ours (%j)', (data) => {
    expect(readDeliveryTicket(data)).toBeUndefined();
  });
});
