import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newJobId, parseTenantId } from '../domain/ids.ts';
import type { PayloadSeal, SealContext } from '../ports/payload-seal.ts';
import { createPlainSeal } from './plain-seal.ts';

function contextOf(tenantName: string): SealContext {
  const tenant = parseTenantId(tenantName);
  if (tenant === undefined) throw new Error('not a tenant name');
  return { tenant, job: newJobId(), field: 'payload' };
}

/** What every seal keeps, whether it encrypts or not. */
function describeSeal(name: string, create: () => PayloadSeal): void {
  describe(`the ${name} seal`, () => {
    test.each([0, 1, 511, 512, 300_000])('opens %i random bytes that it sealed', async (size) => {
      const seal = create();
      const context = contextOf('dev');
      const plain = randomBytes(size);

      const opened = await seal.open(context, await seal.seal(context, plain));

      expect(Buffer.compare(opened, plain)).toBe(0);
    });

    test('stores repetitive bytes smaller', async () => {
      const seal = create();
      const context = contextOf('dev');
      const plain = Buffer.from('the same words again. '.repeat(1_000));

      const sealed = await seal.seal(context, plain);

      expect(sealed.length).toBeLessThan(plain.length / 5);
      expect(Buffer.compare(await seal.open(context, sealed), plain)).toBe(0);
    });

    test('refuses a blob of another tenant, job or field', async () => {
      const seal = create();
      const context = contextOf('dev');
      const sealed = await seal.seal(context, Buffer.from('{"messages":[]}'));
      const others: SealContext[] = [
        { ...context, tenant: contextOf('other').tenant },
        { ...context, job: newJobId() },
        { ...context, field: 'result' },
      ];

      for (const other of others) {
        await expect(seal.open(other, sealed)).rejects.toMatchObject({ code: 'internal' });
      }
    });

    test('refuses a blob with any byte changed or cut off', async () => {
      const seal = create();
      const context = contextOf('dev');
      const sealed = await seal.seal(context, Buffer.from('words '.repeat(200)));

      for (let index = 0; index < sealed.length; index += 7) {
        const changed = Buffer.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ 0x55;
        await expect(seal.open(context, changed)).rejects.toMatchObject({ code: 'internal' });
        const cut = sealed.subarray(0, index);
        await expect(seal.open(context, cut)).rejects.toMatchObject({ code: 'internal' });
      }
    });
  });
}

describeSeal('plain', createPlainSeal);
