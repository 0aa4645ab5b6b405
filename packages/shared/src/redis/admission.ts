/** Admission in Redis: what the script `admit` is told about new jobs, and what it answers. */
import { parseJobId } from '../domain/ids.ts';
import { isRecord, type JobRecord, recordSchema } from '../domain/job.ts';
import { parseJobState } from '../domain/job-state.ts';
import { limits } from '../domain/limits.ts';
import type { AdmitGroup, GroupAdmitResult, JobStore, NewJob } from '../ports/job-store.ts';
import type { StoreKeys } from './keys.ts';
import { encodeNewJob, reasonAtBirth } from './record-codec.ts';
import { asList, asText } from './reply.ts';
import type { ScriptArgument, ScriptRunner } from './script-runner.ts';

export interface AdmissionDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly ticketCheckMs: number;
  /** Finds out how a job stands that an earlier sending of the same call has made. */
  readonly read: JobStore['read'];
}

type Admission = Pick<JobStore, 'admit' | 'admitGroup' | 'limitBatch'>;

export function createAdmission(deps: AdmissionDeps): Admission {
  return {
    async admit(job, { tellsShort = false } = {}) {
      const [result] = await admitGroup(deps, { jobs: [job], onRefusal: 'each', tellsShort });
      if (result === undefined || result.kind === 'withheld') return unexpected('one job');
      return result;
    },
    admitGroup: (group) => admitGroup(deps, group),
    async limitBatch(tenant, batchId, ceiling) {
      await deps.scripts.run({
        script: 'batch-limit',
        keys: [deps.keys.batchMoney(tenant, batchId)],
        // Its last job has ended and left the store by then.
        args: [ceiling.toString(), limits.jobStayMaxMs],
      });
    },
  };
}

async function admitGroup(
  deps: AdmissionDeps,
  { jobs, onRefusal, tellsShort }: AdmitGroup,
): Promise<readonly GroupAdmitResult[]> {
  const [first] = jobs;
  if (first === undefined) return [];
  if (jobs.length > limits.admitGroupMax) throw new Error('too many jobs for one admission');
  if (jobs.some((job) => job.tenant !== first.tenant)) throw new Error('one tenant at a time');
  const { keys } = deps;
  const k = keys.job(first.tenant, first.id);
  const reply = await deps.scripts.run({
    script: 'admit',
    keys: [k.job, k.due, k.money, k.endpointsDue, keys.jobIndex(first.tenant)],
    args: [
      keys.changes,
      tellsShort ? 'tell' : onRefusal,
      keys.idempotency(first.tenant, ''),
      limits.idempotencyMs,
      deps.ticketCheckMs,
      limits.jobStayMaxMs,
      ...jobs.flatMap(jobArguments),
    ],
  });
  const verdicts = asList(reply).map((verdict) => asText(verdict).split('|'));
  return Promise.all(jobs.map((job, index) => readVerdict(deps, job, verdicts[index] ?? [])));
}

function jobArguments(job: NewJob): ScriptArgument[] {
  const claim = job.idempotency;
  const fields = encodeNewJob(job);
  return [
    claim?.keyHash ?? '',
    claim?.fingerprint ?? '',
    job.reservesWithClaim === true ? '' : job.reservation.toString(),
    job.sealedPayload,
    job.queuedMax ?? '',
    fields.length,
    ...fields,
  ];
}

async function readVerdict(
  deps: AdmissionDeps,
  job: NewJob,
  [kind = '', ...rest]: readonly string[],
): Promise<GroupAdmitResult> {
  switch (kind) {
    case 'admitted':
      return { kind, record: await admittedRecord(deps, job, rest) };
    case 'replayed': {
      const id = parseJobId(rest[0] ?? '');
      return id === undefined ? unexpected(kind) : { kind, id };
    }
    case 'over_budget': {
      const [account = '', left = '0', renewsAt = '', helps] = rest;
      const renewsAtMs = renewsAt === '' ? undefined : Number(renewsAt);
      const isOfAll = account.startsWith('all:');
      const mayHelpToWait = helps === '1';
      return { kind, account, isOfAll, left: BigInt(left), renewsAtMs, mayHelpToWait };
    }
    case 'stopped':
      return { kind, reason: rest.join('|') };
    case 'idempotency_mismatch':
    case 'queue_full':
    case 'withheld':
      return { kind };
    default:
      return unexpected(kind);
  }
}

/** Built from what was sent, unless the job stands otherwise: held, or gone on since. */
async function admittedRecord(
  deps: AdmissionDeps,
  job: NewJob,
  [bornAtMs, state, _fence, version, otherwise]: readonly string[],
): Promise<JobRecord> {
  if (version === '1' && otherwise === undefined)
    return newborn(job, { atMs: Number(bornAtMs), state: state ?? '' });
  const stored = await deps.read(job);
  return isRecord(stored) ? stored : unexpected('a job that cannot be read');
}

function newborn(job: NewJob, birth: { readonly atMs: number; readonly state: string }): JobRecord {
  const state = parseJobState(birth.state) ?? unexpected(birth.state);
  const statusReason = reasonAtBirth(job);
  const { id, tenant, spec, priority, runAtMs, deadlineAtMs, model, whyChosen, plan } = job;
  const change = { version: 1, atMs: birth.atMs, state, reasonCode: statusReason.code };
  return {
    schema: recordSchema,
    ...{ id, tenant, state, statusReason, spec, priority, model, whyChosen, plan },
    version: 1,
    fence: 1,
    createdAtMs: birth.atMs,
    runAtMs,
    startedAtMs: undefined,
    finishedAtMs: undefined,
    cancelRequestedAtMs: undefined,
    deadlineAtMs,
    leaseUntilMs: undefined,
    notBeforeMs: 0,
    money: {
      ceiling: job.ceiling,
      reserved: state === 'scheduled' || job.reservesWithClaim === true ? 0n : job.reservation,
      spent: 0n,
      unknown: 0n,
    },
    attempts: [],
    workerDeaths: 0,
    usage: undefined,
    error: undefined,
    hasResult: false,
    history: [{ ...change, model, attempts: 0 }],
  };
}

function unexpected(what: string): never {
  throw new Error(`admit replied with something else than its header says: ${what}`);
}
