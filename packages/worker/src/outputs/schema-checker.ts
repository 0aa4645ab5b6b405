/**
 * Holds texts against JSON Schemas so that one tenant's slow schema costs the others next to
 * nothing.
 *
 * S1. The first thread gives each check little time. What does not end in it gets more in a second
 *     thread, beside which all others go on.
 * S2. A tenant whose check passed a limit has all of its checks there for a while, one after the
 *     other, however many wait: they are answers of calls that are over, and hold up nobody else.
 * S3. A check is given up when it was late twice: a machine that is busy for a moment is nobody's
 *     miss. Its schema fails at once for that while, for its tenant alone.
 */
import { createHash } from 'node:crypto';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createSchemaThread, type OutputCheck } from './schema-thread.ts';

export interface SchemaChecker {
  /** @returns where and how the text misses the schema; `undefined` when it does not. */
  check(task: OutputCheck): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface SchemaCheckerDeps {
  readonly clock: Clock;
  /** As in `limits`, unless a test asks for less. */
  readonly checkMs?: number;
  readonly lateCheckMs?: number;
}

const rememberedMs = 60_000;
const tenantsMax = 1_000;
const schemasMax = 100;

interface LateTenant {
  readonly untilMs: number;
  /** Hashes of those that were late twice. */
  readonly schemas: Set<string>;
  /** Resolves when the last check that waits here has ended; never rejects. */
  turn: Promise<unknown>;
}

export function createSchemaChecker({
  clock,
  checkMs = limits.outputCheckMs,
  lateCheckMs = limits.lateOutputCheckMs,
}: SchemaCheckerDeps): SchemaChecker {
  const first = createSchemaThread({ clock, compileMs: limits.schemaCompileMs, checkMs });
  const second = createSchemaThread({
    clock,
    compileMs: limits.lateSchemaCompileMs,
    checkMs: lateCheckMs,
  });
  const late = new Map<TenantId, LateTenant>();

  async function checkNow(task: OutputCheck, { schemas }: LateTenant, wasLate: boolean) {
    const hash = hashOf(task.schema);
    if (schemas.has(hash)) return 'its schema could not be checked a moment ago'; // S3
    let end = await second.check(task);
    if (end.isLate && !wasLate) end = await second.check(task);
    if (end.isLate && schemas.size < schemasMax) schemas.add(hash);
    return end.miss;
  }

  /** In turn, so that those behind a check that is given up know of it. */
  function checkAgain(task: OutputCheck, tenant: LateTenant, wasLate: boolean) {
    const verdict = tenant.turn.then(() => checkNow(task, tenant, wasLate));
    // Whoever asked hears of a failure; the turn is over either way.
    tenant.turn = verdict.catch(() => undefined);
    return verdict;
  }

  return {
    async check(task) {
      const known = readLate(late, task.tenant, clock);
      if (known !== undefined) return checkAgain(task, known, false); // S2
      const end = await first.check(task);
      if (!end.isLate) return end.miss;
      return checkAgain(task, noteLate(late, task.tenant, clock), true); // S1
    },
    async close() {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

function readLate(
  late: ReadonlyMap<TenantId, LateTenant>,
  tenant: TenantId,
  clock: Clock,
): LateTenant | undefined {
  const known = late.get(tenant);
  return known !== undefined && known.untilMs > clock.monotonicMs() ? known : undefined;
}

function noteLate(late: Map<TenantId, LateTenant>, tenant: TenantId, clock: Clock): LateTenant {
  const known = readLate(late, tenant, clock);
  if (known !== undefined) return known;
  late.delete(tenant);
  const [oldest] = late.keys();
  if (late.size >= tenantsMax && oldest !== undefined) late.delete(oldest);
  const untilMs = clock.monotonicMs() + rememberedMs;
  const made = { untilMs, schemas: new Set<string>(), turn: Promise.resolve() };
  late.set(tenant, made);
  return made;
}

function hashOf(schema: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(schema)).digest('base64');
}
