import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attemptId,
  createdAtMsOf,
  newJobId,
  newToken,
  parseJobId,
  parseTenantId,
  parseTicketId,
  ticketId,
} from './ids.ts';

describe('job ids', () => {
  test('are unique and parse as what they are', () => {
    const ids = Array.from({ length: 1_000 }, newJobId);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(parseJobId(id)).toBe(id);
  });

  test('tell when they were made', () => {
    const id = parseJobId('job_01h1zykdg0e4tt8zq3h5rr0jp9');
    expect(id && createdAtMsOf(id)).toBe(0x01887fe9b600);
    const ages = Array.from({ length: 3 }, () => createdAtMsOf(newJobId()));
    expect(ages.toSorted((left, right) => left - right)).toEqual(ages);
  });

  test('sort by the time of creation', () => {
    const ids = Array.from({ length: 1_000 }, newJobId);
    expect(ids.toSorted()).toEqual(ids);
  });

  test.each([
    '',
    'job_',
    'Job_01h2xcejqtf2nbrexx3vqjhp41',
    'job_01h2xcejqtf2nbrexx3vqjhp4',
    'job_81h2xcejqtf2nbrexx3vqjhp41',
    'run_01h2xcejqtf2nbrexx3vqjhp41',
    ' job_01h2xcejqtf2nbrexx3vqjhp41',
    'job_01h2xcejqtf2nbrexx3vqjhp41\n',
  ])('do not parse from %j', (text) => {
    expect(parseJobId(text)).toBeUndefined();
  });
});

describe('tenant ids', () => {
  test.each(['dev', 'a', 'team-7', 'a'.repeat(63)])('parse: %s', (text) => {
    expect(parseTenantId(text)).toBe(text);
  });

  test.each(['', '-a', 'Dev', 'a b', 'a{b}', 'a:b', 'a'.repeat(64)])('do not parse: %j', (text) => {
    expect(parseTenantId(text)).toBeUndefined();
  });
});

describe('ticket ids', () => {
  test('come apart into job and fence', () => {
    const job = newJobId();
    fc.assert(
      fc.property(fc.nat(10 ** 9), (fence) => {
        expect(parseTicketId(ticketId(job, fence))).toEqual({ job, fence });
      }),
    );
  });

  test('hold no colon, which BullMQ forbids in custom ids', () => {
    expect(ticketId(newJobId(), 7)).not.toContain(':');
  });

  test('do not parse from other text', () => {
    expect(parseTicketId('1')).toBeUndefined();
    expect(parseTicketId(`${newJobId()}-`)).toBeUndefined();
    expect(parseTicketId(`${newJobId()}-x`)).toBeUndefined();
  });
});

describe('other ids', () => {
  test('of attempts differ by fence', () => {
    const job = newJobId();
    expect(attemptId(job, 1)).not.toBe(attemptId(job, 2));
  });

  test('of tokens carry their prefix and are unique', () => {
    const tokens = Array.from({ length: 100 }, () => newToken('claim'));
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^claim_[0-7][0-9a-z]{25}$/);
  });
});
