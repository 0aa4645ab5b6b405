/**
 * Builds every key of the store; nobody else spells one.
 *
 * K1. What belongs to a tenant stands on the tenant's shard `{s:<n>}`, so that one script can
 *     change a job, its money and its events together, on a cluster too.
 * K2. What belongs to a model's lane stands under `{m:<model>}`; each BullMQ queue has a tag of
 *     its own.
 * K3. Sweeps touch one key per shard, however many tenants there are.
 */
import { type JobId, parseJobId, parseTenantId, type TenantId } from '../domain/ids.ts';

/** Keys of one job and of what its scripts change along with it, in the order the scripts take. */
export interface JobKeys {
  readonly job: string;
  readonly payload: string;
  readonly result: string;
  /** Pieces of the running answer, for jobs that show them. */
  readonly deltas: string;
  readonly due: string;
  readonly money: string;
  readonly endpointsDue: string;
}

export interface LaneKeys {
  readonly window: string;
  /** Prefix of the backlog's keys; the scripts add class and tenant. */
  readonly backlog: string;
  readonly permits: string;
  readonly buckets: string;
  readonly pauses: string;
  readonly stops: string;
  readonly rate: string;
  readonly stats: string;
  readonly pools: string;
  /** Prefix of what is counted of each deployment; the scripts add its id. */
  readonly health: string;
}

/** What a tenant's people said of answers, by model and task. */
export interface QualityKeys {
  readonly sums: string;
  /** Who said it, by the last time; also the prefix of each one's sums. */
  readonly users: string;
  /** Files of outcomes that were counted in, by when. */
  readonly files: string;
}

export interface OperationKeys {
  readonly all: string;
  readonly open: string;
  one(id: string): string;
}

export interface StoreKeys {
  readonly epoch: string;
  readonly changes: string;
  /** Channel of what workers must hear of; the job scripts build the same name. */
  readonly orders: string;
  /** Channel of new pieces of running answers. */
  readonly deltas: string;
  readonly shardCount: number;
  shardOf(tenant: TenantId): number;
  job(tenant: TenantId, id: JobId): JobKeys;
  /** What stands before the id in the key of a tenant's job record. */
  jobPrefix(tenant: TenantId): string;
  idempotency(tenant: TenantId, keyHash: string): string;
  jobIndex(tenant: TenantId): string;
  /** Jobs of one bulk call; `admit` builds the same key from the tenant's index. */
  batchIndex(tenant: TenantId, batchId: string): string;
  /** Jobs counted as they were admitted and ended; the job scripts build the same key. */
  totals(shard: number): string;
  due(shard: number): string;
  /** What a tenant's jobs hold and have cost, and its terms. */
  money(tenant: TenantId): string;
  /** Jobs of each API key that wait; the job scripts build the same key. */
  queuedByKey(tenant: TenantId): string;
  /** Jobs of each API key that run; the job scripts build the same key. */
  runningByKey(tenant: TenantId): string;
  /** What is told of one bulk call's money; the job scripts build the same key. */
  batchMoney(tenant: TenantId, batchId: string): string;
  /** Tenants of a shard that have terms. */
  tenantsWithTerms(shard: number): string;
  /** The global budgets. */
  readonly escrow: string;
  /** What each shard was granted of one window of a global budget; on the slot of the budgets. */
  escrowBook(account: { readonly budget: string; readonly window: string }): string;
  /** The global budgets as a shard's scripts know them; the job scripts build this and the next. */
  escrowTerms(shard: number): string;
  escrowPart(shard: number, budget: string): string;
  /** The shard's jobs that wait for money of global budgets. */
  escrowLine(shard: number): string;
  /** Ended jobs, not archived yet; the job scripts build the same key from the due set's. */
  ended(shard: number): string;
  /** How attempts and jobs of a shard ended; the job scripts build the same key. */
  ledger(shard: number): string;
  /** How far the ledger's entries have been written to segments. */
  ledgerMarks(shard: number): string;
  /** How far the audit of money has come; its scripts build those of tenants from it. */
  moneyAudit(shard: number): string;
  endpointsDue(shard: number): string;
  endpointPrefix(shard: number): string;
  endpoint(shard: number, endpointId: string): EndpointKeys;
  deliveryLog(tenant: TenantId, eventId: string): string;
  /** The registered webhook endpoints of a tenant. */
  webhookEndpoints(tenant: TenantId): string;
  /** What they want to hear of; the scripts that write events build the same key. */
  webhookFilters(tenant: TenantId): string;
  quality(tenant: TenantId): QualityKeys;
  lane(model: string): LaneKeys;
  /** Remembers the answer of a script that hands out work, for the caller asking again. */
  handout(tagOf: { model: string } | { shard: number }, token: string): string;
  apiKey(keyId: string): string;
  /** Requests of an API key that came lately. */
  requestsOf(keyId: string): string;
  /** Ids of a tenant's API keys, by the time they were made. */
  keysOf(tenant: TenantId): string;
  /** What the tenant's users prefer, by user. */
  preferences(tenant: TenantId): string;
  /** The model of one session of the tenant's. */
  session(tenant: TenantId, nameHash: string): string;
  /** Records of the shard's tenants. */
  tenants(shard: number): string;
  /** Operators' keys, by their ids. */
  readonly adminKeys: string;
  /** The audit log. */
  readonly audit: string;
  readonly operations: OperationKeys;
}

/** How a job stands in a due set. */
export function dueMember(tenant: TenantId, id: JobId): string {
  return `${tenant}/${id}`;
}

/** Reads what {@link dueMember} has written; `undefined` for anything else. */
export function readMember(
  member: string,
): { readonly tenant: TenantId; readonly id: JobId } | undefined {
  const [tenantText = '', idText = ''] = member.split('/');
  const tenant = parseTenantId(tenantText);
  const id = parseJobId(idText);
  return tenant === undefined || id === undefined ? undefined : { tenant, id };
}

export interface EndpointKeys {
  readonly queue: string;
  readonly events: string;
  readonly inFlight: string;
  readonly health: string;
  /** Number of the newest event; this and the next ones only of registered endpoints. */
  readonly sequence: string;
  readonly log: string;
  readonly attempts: string;
}

/** The tag of BullMQ's keys for one queue; given to BullMQ as its prefix. */
export function queuePrefix(namespace: string, queueName: string): string {
  return `{${namespace}:q:${queueName}}`;
}

/** @param shardCount fixed when the store is first opened, kept in its epoch record. */
export function createKeys(namespace: string, shardCount: number): StoreKeys {
  const shardTag = (shard: number): string => `${namespace}:{s:${shard}}`;
  const tenantTag = (tenant: TenantId): string => shardTag(hashOf(tenant) % shardCount);
  return {
    epoch: epochKey(namespace),
    changes: `${namespace}:changes`,
    orders: `${namespace}:changes:orders`,
    deltas: `${namespace}:deltas`,
    shardCount,
    shardOf: (tenant) => hashOf(tenant) % shardCount,
    job: (tenant, id) => jobKeys(tenantTag(tenant), tenant, id),
    jobPrefix: (tenant) => jobPrefix(tenantTag(tenant), tenant),
    idempotency: (tenant, keyHash) => `${tenantTag(tenant)}:idempotency:${tenant}:${keyHash}`,
    jobIndex: (tenant) => `${tenantTag(tenant)}:jobs:${tenant}`,
    batchIndex: (tenant, batchId) => `${tenantTag(tenant)}:jobs:${tenant}:batch:${batchId}`,
    totals: (shard) => `${shardTag(shard)}:totals`,
    due: (shard) => `${shardTag(shard)}:due`,
    money: (tenant) => moneyKey(tenantTag(tenant), tenant),
    queuedByKey: (tenant) => `${moneyKey(tenantTag(tenant), tenant)}:queued`,
    runningByKey: (tenant) => `${moneyKey(tenantTag(tenant), tenant)}:running`,
    batchMoney: (tenant, batchId) => `${moneyKey(tenantTag(tenant), tenant)}:batch:${batchId}`,
    tenantsWithTerms: (shard) => `${shardTag(shard)}:terms`,
    escrow: `${namespace}:{escrow}:budgets`,
    escrowBook: ({ budget, window }) => `${namespace}:{escrow}:book:${budget}@${window}`,
    escrowTerms: (shard) => `${shardTag(shard)}:escrow`,
    escrowPart: (shard, budget) => `${shardTag(shard)}:escrow:${budget}`,
    escrowLine: (shard) => `${shardTag(shard)}:escrow:waiting`,
    ended: (shard) => `${shardTag(shard)}:ended`,
    ledger: (shard) => `${shardTag(shard)}:ledger`,
    ledgerMarks: (shard) => `${shardTag(shard)}:ledger:marks`,
    moneyAudit: (shard) => `${shardTag(shard)}:audit`,
    endpointsDue: (shard) => `${shardTag(shard)}:outbox:due`,
    endpointPrefix: (shard) => endpointPrefix(shardTag(shard)),
    endpoint: (shard, endpointId) => endpointKeys(shardTag(shard), endpointId),
    deliveryLog: (tenant, eventId) => `${tenantTag(tenant)}:outbox:log:${eventId}`,
    webhookEndpoints: (tenant) => `${tenantTag(tenant)}:outbox:endpoints:${tenant}`,
    webhookFilters: (tenant) => `${tenantTag(tenant)}:outbox:filters:${tenant}`,
    quality: (tenant) => ({
      sums: `${tenantTag(tenant)}:quality:${tenant}`,
      users: `${tenantTag(tenant)}:quality:${tenant}:users`,
      files: `${tenantTag(tenant)}:quality:${tenant}:files`,
    }),
    lane: (model) => laneKeys(`${namespace}:{m:${model}}`),
    handout: (tagOf, token) =>
      'model' in tagOf
        ? `${namespace}:{m:${tagOf.model}}:handout:${token}`
        : `${shardTag(tagOf.shard)}:handout:${token}`,
    apiKey: (keyId) => `${namespace}:{k:${keyId}}:key`,
    requestsOf: (keyId) => `${namespace}:{k:${keyId}}:requests`,
    keysOf: (tenant) => `${tenantTag(tenant)}:keys:${tenant}`,
    preferences: (tenant) => `${tenantTag(tenant)}:preferences:${tenant}`,
    session: (tenant, nameHash) => `${tenantTag(tenant)}:session:${tenant}:${nameHash}`,
    tenants: (shard) => `${shardTag(shard)}:tenants`,
    adminKeys: `${namespace}:{operators}:keys`,
    audit: `${namespace}:{audit}:log`,
    operations: operationKeys(`${namespace}:{operations}`),
  };
}

/** The one key that must be readable before the shard count is known. */
export function epochKey(namespace: string): string {
  return `${namespace}:{epoch}`;
}

function jobKeys(tag: string, tenant: TenantId, id: JobId): JobKeys {
  // The tenant is part of the key: who asks under another name finds nothing.
  const base = `${jobPrefix(tag, tenant)}${id}`;
  return {
    job: base,
    payload: `${base}:payload`,
    result: `${base}:result`,
    deltas: `${base}:deltas`,
    due: `${tag}:due`,
    money: moneyKey(tag, tenant),
    endpointsDue: `${tag}:outbox:due`,
  };
}

function moneyKey(tag: string, tenant: TenantId): string {
  return `${tag}:money:${tenant}`;
}

function jobPrefix(tag: string, tenant: TenantId): string {
  return `${tag}:job:${tenant}:`;
}

function endpointKeys(tag: string, endpointId: string): EndpointKeys {
  const base = `${endpointPrefix(tag)}:${endpointId}`;
  return {
    queue: `${base}:queue`,
    events: `${base}:events`,
    inFlight: `${base}:in-flight`,
    health: `${base}:health`,
    sequence: `${base}:sequence`,
    log: `${base}:log`,
    attempts: `${base}:attempts`,
  };
}

function endpointPrefix(tag: string): string {
  return `${tag}:outbox:endpoint`;
}

function laneKeys(tag: string): LaneKeys {
  return {
    window: `${tag}:window`,
    backlog: `${tag}:backlog`,
    permits: `${tag}:permits`,
    buckets: `${tag}:buckets`,
    pauses: `${tag}:pauses`,
    stops: `${tag}:stops`,
    rate: `${tag}:rate`,
    stats: `${tag}:stats`,
    pools: `${tag}:pools`,
    health: `${tag}:health`,
  };
}

function operationKeys(tag: string): OperationKeys {
  return { all: `${tag}:all`, open: `${tag}:open`, one: (id) => `${tag}:one:${id}` };
}

/** FNV-1a, 32 bit: stable over processes and versions, which the shard of a tenant must be. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}
