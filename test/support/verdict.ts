/**
 * The independent check after a fault: what the API shows, what the provider billed and what the
 * webhook sink received must tell one story. Shares no code with the router's own accounting.
 */
import type { Simulator } from '@forebay/simulator/simulator';
import { expect } from 'vitest';
import type { ApiClient, JobView } from './http.ts';

interface AttemptView {
  readonly id: string;
  readonly n: number;
  readonly model: string;
  readonly outcome: string;
  readonly cost: { readonly charged: string | null; readonly basis: string | null };
}

interface Announced {
  readonly data: { readonly id: string };
}

export interface EndedJob {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly attempts: readonly AttemptView[];
  readonly cost: Readonly<Record<'ceiling' | 'reserved' | 'spent' | 'unknown', string>>;
  readonly raw: JobView['raw'];
}

/** Dollars as whole nano-dollars; decimal text only, as the API writes it. */
function nanoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Waits until every job has ended and reads them all once more. */
export async function readAllEnded(
  api: ApiClient,
  ids: readonly string[],
  timeoutMs = 30_000,
): Promise<EndedJob[]> {
  return Promise.all(ids.map(async (id) => asEnded(await api.readEnded(id, timeoutMs))));
}

function asEnded(view: JobView): EndedJob {
  // The shape of the job object is proved by the API's own tests; here its parts are only read.
  const parts = view.raw as unknown as Omit<EndedJob, 'raw'>;
  return { ...parts, id: view.id, status: view.status, raw: view.raw };
}

/** No job above its ceiling, nothing reserved any more, and every bill line explained. */
export function expectMoneyHolds(jobs: readonly EndedJob[], simulator: Simulator): void {
  const attempts = new Map<string, AttemptView>();
  for (const job of jobs) {
    const spent = nanoOf(job.cost.spent) + nanoOf(job.cost.unknown);
    expect(spent, `${job.id} against its ceiling`).toBeLessThanOrEqual(nanoOf(job.cost.ceiling));
    expect(job.cost.reserved, `${job.id} still holds money`).toBe('0');
    for (const attempt of job.attempts) attempts.set(attempt.id, attempt);
  }
  const billed = new Map<string, bigint>();
  for (const line of simulator.bill()) {
    if (!line.billed) continue;
    const id = line.attempt_id ?? 'none';
    billed.set(id, (billed.get(id) ?? 0n) + BigInt(line.cost_nano_usd));
  }
  for (const [id, amount] of billed) {
    const attempt = attempts.get(id);
    expect(attempt, `the provider billed ${id}, which no job knows`).toBeDefined();
    const charged = nanoOf(attempt?.cost.charged ?? '0');
    if (attempt?.cost.basis === 'exact') expect(charged, id).toBe(amount);
    else expect(charged, `${id} is charged less than its bill`).toBeGreaterThanOrEqual(amount);
  }
}

/** Each job announced its end under exactly one event id, and polling already showed it. */
export function expectOneEventEach(jobs: readonly EndedJob[], simulator: Simulator): void {
  const idsByJob = new Map<string, Set<string>>();
  for (const delivery of simulator.deliveries()) {
    // The shape of the event is proved by the delivery tests; here only its job is read.
    const body = JSON.parse(Buffer.from(delivery.body_base64, 'base64').toString()) as Announced;
    const ids = idsByJob.get(body.data.id) ?? new Set<string>();
    ids.add(String(delivery.headers['webhook-id']));
    idsByJob.set(body.data.id, ids);
  }
  for (const job of jobs) expect(idsByJob.get(job.id)?.size ?? 0, `events of ${job.id}`).toBe(1);
}
