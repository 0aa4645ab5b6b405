import type { TenantId } from '@forebay/shared/domain/ids';
import { expect, test } from 'vitest';
import { createAtomicRoom } from './atomic-room.ts';

// Literals, of the form that tenants have.
const tenantOf = (name: string) => name as TenantId;
const [acme, other] = [tenantOf('acme'), tenantOf('other')];
const busy = expect.objectContaining({ code: 'atomic_busy' });

test('all calls together hold no more than there is room for, a tenant half of it', () => {
  const room = createAtomicRoom(100);
  const [one, two, three] = [room.enter(acme), room.enter(acme), room.enter(other)];
  one.take(30);
  two.take(20);
  expect(() => one.take(1)).toThrow(busy);
  three.take(50);
  const fourth = room.enter(tenantOf('third'));
  expect(() => fourth.take(1)).toThrow(busy);
  two.leave();
  two.leave();
  fourth.take(20);
  expect(() => fourth.take(1)).toThrow(busy);
});

test('what was refused holds nothing', () => {
  const room = createAtomicRoom(100);
  const place = room.enter(acme);
  expect(() => place.take(51)).toThrow(busy);
  place.leave();
  room.enter(acme).take(50);
});
