import { expect, test } from 'vitest';
import { sampleModel } from '../../../../test/support/sample-catalog.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { OfferResult } from '../ports/lane-store.ts';
import type { TicketEntry, TicketOptions } from '../ports/ticket-queue.ts';
import { placeTicket, placeTickets } from './place-ticket.ts';
import { ticketOf } from './ticket-of.ts';

const ticket = ticketOf(sampleRecord());

function setup(...places: readonly OfferResult[]) {
  const offers: number[] = [];
  const added: { ticket: Ticket; options: TicketOptions }[] = [];
  const addedTogether: (readonly Ticket[])[] = [];
  const deps = {
    lanes: {
      offer: async (_: string, tickets: readonly Ticket[], base: number) => {
        offers.push(base);
        return tickets.map((_ticket, index) => places[index] ?? 'backlog');
      },
    },
    queue: {
      add: async (entry: Ticket, options: TicketOptions) => {
        added.push({ ticket: entry, options });
      },
      addMany: async (_: string, entries: readonly TicketEntry[]) => {
        addedTogether.push(entries.map((entry) => entry.ticket));
      },
    },
    findModel: () => sampleModel('alpha'),
  };
  return { deps, offers, added, addedTogether };
}

test('a ticket with a window place is added to BullMQ', async () => {
  const { deps, added } = setup('window');
  expect(await placeTicket(deps, ticket)).toBe('window');
  const options = { guaranteed: false, delayMs: 0, replaceEnded: false };
  expect(added).toEqual([{ ticket, options }]);
});

test('a ticket that has to wait stays out of BullMQ', async () => {
  const { deps, added } = setup('backlog');
  expect(await placeTicket(deps, ticket)).toBe('backlog');
  expect(added).toEqual([]);
});

test('a ticket with a delay waits in BullMQ and takes no window place', async () => {
  const { deps, offers, added } = setup('window');
  await placeTicket(deps, ticket, { delayMs: 700, replaceEnded: true });
  expect(offers).toEqual([]);
  expect(added[0]?.options).toEqual({ guaranteed: false, delayMs: 700, replaceEnded: true });
});

test('a delay in the past is none', async () => {
  const { deps, offers, added } = setup('window');
  await placeTicket(deps, ticket, { delayMs: -5 });
  expect(offers).toEqual([16]);
  expect(added[0]?.options.delayMs).toBe(0);
});

test('tickets are placed model by model, and those with a place are added together', async () => {
  const { deps, offers, addedTogether } = setup('window', 'window', 'backlog');
  const other = { ...ticket, model: 'beta' };
  await placeTickets(deps, [ticket, other, { ...ticket, fence: 2 }, { ...ticket, fence: 3 }]);
  expect(offers).toHaveLength(2);
  expect(addedTogether).toEqual([[ticket, { ...ticket, fence: 2 }], [other]]);
});
