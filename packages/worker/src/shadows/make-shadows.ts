/** From ends of jobs, as the ledger tells of them, to shadows that wait for their turn. */
import { parseJobId, parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord, wantsTicket } from '@forebay/shared/domain/job';
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { groupBy } from '@forebay/shared/ledger/group-by';
import type { LiveView } from '@forebay/shared/live/live-view';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { GroupAdmitResult, JobRef, JobStore, NewJob } from '@forebay/shared/ports/job-store';
import type { TenantStore } from '@forebay/shared/ports/tenant-store';
import type { TenantTermsStore } from '@forebay/shared/ports/tenant-terms-store';
import { chooseShadow, shadowDraw, shadowPercentMax } from '@forebay/shared/routing/shadow';
import type { Clock } from '@forebay/shared/runtime/clock';
import { refusePayer } from '@forebay/shared/tenants/shadow-payer';
import { type PlaceTicketDeps, placeTickets } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import type { ShadowOutcome, WorkerEvents } from '../worker-events.ts';
import { draftShadow, type ShadowOrder } from './draft-shadow.ts';

export interface MakeShadowsDeps {
  readonly jobs: Pick<JobStore, 'readMany' | 'admitGroup' | 'cancel' | 'nowMs'>;
  readonly tenants: Pick<TenantStore, 'read'>;
  readonly terms: Pick<TenantTermsStore, 'read'>;
  readonly vault: Pick<PayloadVault, 'seal'>;
  readonly tickets: PlaceTicketDeps;
  readonly catalog: () => Catalog;
  readonly live: Pick<LiveView, 'snapshot'>;
  /** Ceiling of a shadow whose tenant has none for its jobs. */
  readonly ceilingDefault: () => NanoUsd;
  readonly clock: Clock;
  readonly events: WorkerEvents;
}

/** A job that was drawn for a shadow. */
type Drawn = Pick<ShadowOrder, 'record' | 'route' | 'shadow'>;

/** @throws the store's error: then all of it is to be done again, and what was made stays. */
export async function makeShadows(
  deps: MakeShadowsDeps,
  lines: readonly LedgerLine[],
): Promise<void> {
  const drawn = drawFrom(deps, lines, await deps.jobs.nowMs());
  if (drawn.length === 0) return;
  const records = (await deps.jobs.readMany(drawn)).filter(isRecord);
  const wanted = records.flatMap((record) => wantShadow(deps, record));
  for (const [tenant, own] of groupBy(wanted, ({ shadow }) => shadow.tenant)) {
    await makeForTenant(deps, tenant, own);
  }
}

/** By the largest share of all routes: which route a job had is read only where that can matter. */
function drawFrom(
  { catalog }: MakeShadowsDeps,
  lines: readonly LedgerLine[],
  nowMs: number,
): readonly JobRef[] {
  const percentMax = shadowPercentMax(catalog());
  return lines.filter(isOwnEnd).flatMap((line) => {
    const ref = refOf(line);
    const isDrawn = ref !== undefined && shadowDraw(ref) < percentMax;
    return isDrawn && nowMs - line.at <= limits.shadowAgeMsMax ? [ref] : [];
  });
}

/** Whether a job came to its own end. */
function isOwnEnd({ ends, state }: LedgerLine): boolean {
  return ends === true && (state === 'succeeded' || state === 'failed');
}

function refOf(line: LedgerLine): JobRef | undefined {
  const [tenant, id] = [parseTenantId(line.tenant), parseJobId(line.job)];
  return tenant === undefined || id === undefined ? undefined : { tenant, id };
}

function wantShadow(deps: MakeShadowsDeps, record: JobRecord): readonly Drawn[] {
  const choice = chooseShadow(deps.catalog(), record);
  if (choice === undefined) return [];
  const { refusal, ...wanted } = choice;
  const drawn = { record, ...wanted };
  if (refusal === undefined) return [drawn];
  report(deps, drawn, refusal);
  return [];
}

async function makeForTenant(
  deps: MakeShadowsDeps,
  tenant: TenantId,
  wanted: readonly Drawn[],
): Promise<void> {
  const [found, terms, nowMs] = await Promise.all([
    deps.tenants.read(tenant),
    deps.terms.read(tenant),
    deps.jobs.nowMs(),
  ]);
  const payer = found ?? tenantWithoutRecord(tenant);
  const refusal = refusePayer(payer, terms);
  if (refusal !== undefined) {
    for (const drawn of wanted) report(deps, drawn, refusal);
    return;
  }
  const ceiling = lowest(payer.ceilingDefault ?? deps.ceilingDefault(), payer.ceilingMax);
  const drafts: { readonly drawn: Drawn; readonly job: NewJob }[] = [];
  for (const drawn of wanted) {
    const job = await draft(deps, { ...drawn, ceiling, nowMs });
    if (job === undefined) report(deps, drawn, 'unfit');
    else drafts.push({ drawn, job });
  }
  const jobs = drafts.map(({ job }) => job);
  const results = await deps.jobs.admitGroup({ jobs, onRefusal: 'each' });
  const made = results.flatMap((result) => (result.kind === 'admitted' ? [result.record] : []));
  await giveUpWaiting(deps, [...made, ...(await readMadeBefore(deps, tenant, results))]);
  await placeTickets(deps.tickets, made.filter(wantsTicket).map(ticketOf));
  for (const [index, { drawn }] of drafts.entries()) reportResult(deps, drawn, results[index]);
}

/** A budget of all tenants may let jobs wait; shadows would pile up there, before other jobs. */
async function giveUpWaiting(
  { jobs }: MakeShadowsDeps,
  records: readonly JobRecord[],
): Promise<void> {
  const waiting = records.filter(({ waitsFor }) => waitsFor !== undefined);
  await Promise.all(waiting.map((record) => jobs.cancel(record)));
}

/** Whoever made them may have died before giving up those that wait. */
async function readMadeBefore(
  { jobs }: MakeShadowsDeps,
  tenant: TenantId,
  results: readonly GroupAdmitResult[],
): Promise<readonly JobRecord[]> {
  const refs = results.flatMap((result) =>
    result.kind === 'replayed' ? [{ tenant, id: result.id }] : [],
  );
  return refs.length === 0 ? [] : (await jobs.readMany(refs)).filter(isRecord);
}

function lowest(amount: NanoUsd, max: NanoUsd | undefined): NanoUsd {
  return max !== undefined && max < amount ? max : amount;
}

function draft(deps: MakeShadowsDeps, order: ShadowOrder): Promise<NewJob | undefined> {
  const packNothing = ({ tenant, id }: JobRef) =>
    deps.vault.seal({ tenant, job: id, field: 'payload' }, {});
  return draftShadow({ catalog: deps.catalog(), live: deps.live.snapshot(), packNothing }, order);
}

/** What each answer of the admission means here; one that was made before is not told again. */
const outcomes: Readonly<Record<GroupAdmitResult['kind'], ShadowOutcome | undefined>> = {
  admitted: 'made',
  replayed: undefined,
  over_budget: 'over_budget',
  stopped: 'stopped',
  // None of these can come: keys stand for jobs, no limit of waiting jobs is set, each by itself.
  idempotency_mismatch: undefined,
  queue_full: undefined,
  withheld: undefined,
};

function reportResult(
  deps: MakeShadowsDeps,
  drawn: Drawn,
  result: GroupAdmitResult | undefined,
): void {
  const isHeld = result?.kind === 'admitted' && result.record.waitsFor !== undefined;
  const outcome = isHeld ? 'over_budget' : result && outcomes[result.kind];
  if (outcome !== undefined) report(deps, drawn, outcome);
}

function report({ events }: MakeShadowsDeps, drawn: Drawn, outcome: ShadowOutcome): void {
  const { record, route, shadow } = drawn;
  events.emit('shadow.judged', { job: record.id, model: shadow.model, route, outcome });
}
