import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { expect, test } from 'vitest';
import { createAtomicRoom } from './atomic-room.ts';
import { holdBody } from './hold-body.ts';

/** A sender of single bytes with a pause before each, and the bytes that were held of it. */
async function hold(pauseMs: number, count: number): Promise<number> {
  const clock = createManualClock();
  // A literal, of the form that tenants have.
  const place = createAtomicRoom(1_000).enter('acme' as TenantId);
  let held = 0;
  async function* sender(): AsyncGenerator<Uint8Array, void> {
    for (let sent = 0; sent < count; sent += 1) {
      await clock.advance(pauseMs);
      yield Uint8Array.of(0x20);
    }
  }
  for await (const piece of holdBody(sender(), place, clock)) held += piece.length;
  return held;
}

test('a body may take as long as it may', async () => {
  expect(await hold(limits.bulkAtomicBodyMs / 10, 10)).toBe(10);
});

test('one that keeps moving beyond that is refused, and told what to do', async () => {
  await expect(hold(limits.bulkAtomicBodyMs / 10, 11)).rejects.toMatchObject({
    code: 'request_timeout',
    param: 'on_error',
    message: expect.stringMatching(/within 120 s.*Nothing of it was taken: send it again/),
  });
});
