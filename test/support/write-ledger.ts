/** Puts lines into the ledger's stream as the scripts would have, under the lines' own ids. */
import { parseTenantId } from '@forebay/shared/domain/ids';
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import type { Store } from '@forebay/shared/redis/open-store';

export async function writeLedger(
  { client, keys }: Pick<Store, 'client' | 'keys'>,
  lines: Iterable<LedgerLine>,
): Promise<void> {
  let pipeline = client.pipeline();
  let waiting = 0;
  for (const line of lines) {
    const tenant = parseTenantId(line.tenant);
    if (tenant === undefined) throw new Error(`${line.tenant} is no tenant`);
    pipeline.xadd(keys.ledger(keys.shardOf(tenant)), line.id, ...fieldsOf(line));
    waiting += 1;
    if (waiting < 1_000) continue;
    await pipeline.exec();
    pipeline = client.pipeline();
    waiting = 0;
  }
  await pipeline.exec();
}

function fieldsOf(line: LedgerLine): string[] {
  const { attempt } = line;
  const fields: Record<string, string> = {
    tenant: line.tenant,
    job: line.job,
    fence: String(line.fence),
    at: String(line.at),
    state: line.state,
    spent: line.spent,
    unknown: line.unknown,
    ends: line.ends ? '1' : '',
    late: line.late ? '1' : '',
    next: line.next ?? '',
    premium: line.premium ?? '',
    cause: line.cause ?? '',
    created: String(line.created),
    priority: String(line.priority),
    model: line.model,
    spec: JSON.stringify({
      keyId: line.key,
      batchId: line.batch,
      user: line.user,
      metadata: line.metadata,
      kind: line.kind,
      retriedModel: line.retries,
      features: line.task === undefined ? undefined : { task: { class: line.task } },
    }),
    start: attempt === undefined ? '' : JSON.stringify(startOf(line)),
    end: attempt === undefined ? '' : JSON.stringify(endOf(attempt)),
  };
  return Object.entries(fields).flat();
}

type Attempt = NonNullable<LedgerLine['attempt']>;

function startOf({ model, fence, attempt }: LedgerLine): object {
  const { n, deployment, worker, started, why, worst } = attempt ?? {};
  const [count, began] = [String(n), String(started)];
  return { n: count, fence, model, deployment, worker, started: began, why, reserved: worst };
}

function endOf(attempt: Attempt): object {
  return {
    outcome: attempt.outcome,
    ambiguity: attempt.ambiguity,
    costIs: attempt.cost_is,
    usage: attempt.usage,
    firstByteMs: attempt.first_byte_ms,
    dearestNanoUsd: attempt.dearest,
    flaw: attempt.flaw,
  };
}
