/** Every fixed limit of Forebay in one place; relations between them are checked at import. */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const deadlineMaxMs = 30 * day;
const retentionMs = 7 * day;
/** As late a start as may be, and then as late a deadline. */
const jobLifeMaxMs = 2 * deadlineMaxMs;

export const limits = {
  /** Attempts that count, over all models of one job. */
  attemptsMax: 4,
  /** Attempts that count, on one model. */
  attemptsPerModelMax: 2,
  /** Attempts that end `unknown` after which another one is still allowed. */
  riskRetriesDefault: 1,
  riskRetriesMax: 3,
  /** Worker deaths after which a job is quarantined. */
  workerDeathsMax: 2,
  /** How long a worker owns a job without renewing. */
  leaseMs: 15 * second,
  leaseRenewalMs: 5 * second,
  /** Period of the dispatcher's sweep over due jobs. */
  sweepIntervalMs: 1 * second,
  /** How long a waiting job goes without a look at its ticket. */
  ticketCheckMs: 10 * second,
  connectTimeoutMs: 5 * second,
  firstByteTimeoutMs: 60 * second,
  idleTimeoutMs: 30 * second,
  attemptTimeoutMs: 10 * minute,
  deadlineDefaultMs: day,
  /** How far ahead a job may start, and how long after its start its deadline may be. */
  deadlineMaxMs,
  /** From a job's making to its deadline, whatever its caller changes in between. */
  jobLifeMaxMs,
  idempotencyMs: day,
  /** How long an ended job stays in the store. */
  retentionMs,
  /** From a job's making until it leaves the store: what live jobs need is kept as long. */
  jobStayMaxMs: jobLifeMaxMs + retentionMs,
  payloadRetentionMs: day,
  /** How long an ended job stays in the store's memory before it is archived. */
  archiveAfterMs: hour,
  /** How often ended jobs are looked for at the least, and the size that ends a segment. */
  archiveIntervalMs: minute,
  segmentBytesMax: 8 * 1024 * 1024,
  /** Entries of the ledger that make a segment, and how long fewer wait for more. */
  ledgerSegmentLinesMax: 2_000,
  ledgerSegmentAgeMs: 5 * minute,
  /** How often shards are looked at for entries, and rollups for hours that are over. */
  ledgerIntervalMs: 5 * second,
  rollupIntervalMs: 10 * minute,
  /** How long segments and rollups are kept: thirteen months. */
  ledgerKeepMs: 396 * day,
  ledgerKeepMsMax: 3_660 * day,
  /** Metadata keys by which usage is told apart. */
  usageMetadataKeysMax: 8,
  usageGroupingsMax: 4,
  /** Groups on one page. */
  usagePageDefault: 1_000,
  usagePageMax: 10_000,
  /** The longest time that usage is summed up over, and that with a row for each hour. */
  usageSpanMsMax: 800 * day,
  usageHourlySpanMsMax: 62 * day,
  /** How long an object is left alone that no job refers to: one may be about to. */
  objectGraceMs: day,
  objectGraceMsMin: 10 * minute,
  /** Pause between two walks through all objects, and the objects looked at together. */
  retentionIntervalMs: hour,
  retentionPageSize: 500,
  /** Jobs on one page of a list. */
  listPageDefault: 20,
  listPageMax: 100,
  /** Entries of an index that one call of a list looks at, whatever it finds. */
  listLooksMax: 1_000,
  /** Shadows that one call compares, and the jobs that it looks at to find them. */
  shadowsComparedMax: 1_000,
  shadowLooksMax: 5_000,
  /** After this long what was said of an answer counts half. */
  judgementHalfLifeMs: 30 * day,
  /** The same of what answers showed by themselves: there is more of it, and models change. */
  seenHalfLifeMs: 7 * day,
  /** How long sums are kept without a new word or answer. */
  judgementKeepMs: 180 * day,
  /** Users who can judge one job, and users of a tenant of whom sums are kept. */
  judgementsPerJobMax: 20,
  judgingUsersMax: 10_000,
  judgementCommentCharactersMax: 500,
  /** How long a shadow may take, and how long ago the job that it repeats may have ended. */
  shadowExpiresDefaultMs: 10 * minute,
  shadowAgeMsMax: hour,
  /** Ended jobs that are looked at together for shadows. */
  shadowLinesMax: 500,
  /** As many judgements as an imported file counts at most, for one model at one task. */
  importedJudgementsMax: 200,
  /** Imported files of a tenant that are remembered, so that none counts twice. */
  outcomeFilesMax: 1_000,
  longPollMaxSeconds: 55,
  waitersPerKeyMax: 200,
  /** Event streams that one key may hold open in one process. */
  eventStreamsPerKeyMax: 100,
  /** After this an event stream ends; to resume it, its reader needs a key that is still good. */
  eventStreamMaxSeconds: 600,
  /** The longest silence on an event stream; proxies cut what is silent for longer. */
  eventHeartbeatMs: 15 * second,
  /** Pieces of an answer that an event stream reads at once. */
  eventsPerRead: 128,
  /** How often the text of a running answer is brought to the store at the most. */
  deltaIntervalMs: 50,
  /** Characters of one piece. */
  deltaCharactersMax: 4_096,
  deltasPerBatchMax: 64,
  /** Characters that wait for a slow store; beyond them an attempt shows no more. */
  deltaPendingCharactersMax: 256 * 1024,
  /** How long an answer waits for its last piece to be written. */
  deltaFinishMs: 500,
  /** Pieces kept for each job. */
  deltasKeptMax: 4_096,
  /** How long pieces are kept after the last one. */
  deltaRetentionMs: hour,
  bodyBytesMax: 1024 * 1024,
  imageBodyBytesMax: 20 * 1024 * 1024,
  /** The longest that a plain body may take to arrive. */
  bodyTimeoutMs: 30 * second,
  /** The longest silence in a streamed body. */
  streamSilenceMs: 30 * second,
  /** The longest that the receiver of a streamed reply may take nothing. */
  receiverStallMs: 1 * minute,
  jsonDepthMax: 64,
  jsonKeysMax: 10_000,
  /** Size of a JSON Schema that answers are held against; compiling takes time for each key. */
  schemaKeysMax: 4_000,
  schemaDepthMax: 32,
  /** How long a schema may be compiled, and an answer held against it, before others go first. */
  schemaCompileMs: 2 * second,
  outputCheckMs: 200,
  /** The same for the second and last try, beside which all other checks go on. */
  lateSchemaCompileMs: 10 * second,
  lateOutputCheckMs: 1 * second,
  metadataPairsMax: 16,
  metadataKeyCharactersMax: 64,
  metadataValueCharactersMax: 512,
  userCharactersMax: 256,
  customIdCharactersMax: 512,
  idempotencyKeyCharactersMax: 255,
  modelsPerJobMax: 8,
  webhookUrlCharactersMax: 2_048,
  /** Sealed payloads and results above this size go to the object store. */
  inlineBytesMax: 256 * 1024,
  /** An answer whose JSON is longer is not shown inside the job. */
  shownResultBytesMax: 256 * 1024,
  /** How long a starting process waits for a store that is not up yet. */
  storePatienceMs: 1 * minute,
  /** The longest pause that a provider's Retry-After can put on a lane. */
  lanePauseMsMax: 10 * minute,
  /** How long a deployment is left alone whose credentials or quota were refused. */
  deploymentStopMs: 5 * minute,
  /** Tickets that one model may hold in BullMQ at the least. */
  windowMin: 16,
  /** Deliveries to one endpoint at the same time. */
  webhookConcurrency: 4,
  webhookTimeoutMs: 20 * second,
  webhookConnectTimeoutMs: 5 * second,
  webhookResponseBytesMax: 16 * 1024,
  webhookKeptBytesMax: 1024,
  /** Registered endpoints of one tenant. */
  webhookEndpointsMax: 20,
  webhookDescriptionCharactersMax: 256,
  /** How long the secret before a rotation goes on signing beside the new one. */
  webhookOverlapDefaultMs: day,
  webhookOverlapMsMax: 7 * day,
  /** An endpoint that nothing reached for as long is switched off. */
  webhookDisableAfterMs: 5 * day,
  /** Attempts that the log of one job's event keeps, and that of a registered endpoint. */
  webhookEventAttemptsKept: 50,
  webhookEndpointAttemptsKept: 200,
  /** Keys of one tenant, revoked ones included. */
  keysPerTenantMax: 1_000,
  keyLabelCharactersMax: 128,
  /** Models and routes, and networks, that one key may name. */
  keyModelsMax: 100,
  keyCidrsMax: 50,
  requestsPerMinuteMax: 60_000,
  queuedJobsMax: 10_000_000,
  inFlightMax: 100_000,
  tenantNameCharactersMax: 128,
  /** How long the key before a rotation goes on working. */
  keyOverlapDefaultMs: day,
  keyOverlapMsMax: 30 * day,
  /** Lines of a bulk call that are admitted together. */
  bulkGroupLinesMax: 128,
  /** A group takes no further line once it has as many. */
  bulkGroupBytesMax: 1024 * 1024,
  /** Groups of one bulk call whose replies have not left yet. */
  bulkGroupsInFlightMax: 4,
  /** Beyond this no further group is read, however few there are. */
  bulkBytesInFlightMax: 8 * 1024 * 1024,
  /** What `on_error=atomic` holds before it admits anything. */
  bulkAtomicLinesMax: 1_000,
  bulkAtomicBytesMax: 16 * 1024 * 1024,
  /** What all such calls of a process hold together; one tenant at most half of it. */
  bulkAtomicBytesTogetherMax: 64 * 1024 * 1024,
  /** How long the body of such a call may take, so that a slow sender lets go of its part. */
  bulkAtomicBodyMs: 2 * minute,
  /** How long a bulk call waits for a store that is away before it breaks off. */
  bulkStorePatienceMs: 5 * second,
  bulkStorePauseMs: 250,
  /** How long the rest of an aborted body is read and dropped before the connection closes. */
  bulkLingerMs: 2 * second,
  /** Jobs in one call of the admission script, which holds the server up meanwhile. */
  admitGroupMax: 1_000,
  /** What a job carries of its caller's trace; a longer `tracestate` is left out. */
  traceparentCharactersMax: 128,
  tracestateCharactersMax: 512,
  /** How long a process that stops waits for its last spans to leave. */
  traceFlushMs: 3 * second,
  /** How often the coming windows of calendar budgets are written down; days ahead of need. */
  termsRenewalMs: day,
  /** How often the counters of money are held against the ledger and the open jobs. */
  moneyAuditMs: 30 * second,
  /** A difference that is still there after this is one: less than two looks apart. */
  moneyDriftConfirmMs: 20 * second,
  /** What one step of that looks at, the longest that the store does nothing else meanwhile. */
  auditEntriesMax: 250,
  auditOpenJobsMax: 5_000,
  /** Users of one tenant who have said what they prefer, and models that each list may name. */
  preferencesPerTenantMax: 10_000,
  preferredModelsMax: 20,
  /** Characters of a session's name. */
  sessionCharactersMax: 256,
  /** Rules of a configuration; each job is held against all of them. */
  rulesMax: 200,
  /** Budgets of one tenant. */
  budgetsPerTenantMax: 50,
  /** Lines of the audit log that an export reads at once. */
  auditLinesPerRead: 500,
  /** Operations that may run at once; how long ended ones are kept; jobs changed together. */
  operationsOpenMax: 20,
  operationKeptMs: 30 * day,
  operationPageSize: 50,
  operationFailuresShown: 20,
  adminKeysMax: 100,
  adminKeyNameCharactersMax: 128,
  /** The longest life of an admin key that has an end. */
  adminKeyMsMax: 366 * day,
  /** For how long an operator may set a breaker. */
  breakerByHandMsMax: 30 * day,
  breakerWhyCharactersMax: 200,
  /** Shards of the store, fixed when it is first opened. */
  shardCountDefault: 64,
  /** Longest answer body read from a provider. */
  answerBytesMax: 64 * 1024 * 1024,
} as const;

/** Stops the process when two limits contradict each other. */
function requireRelation(holds: boolean, reason: string): void {
  if (!holds) throw new Error(`limits.ts contradicts itself: ${reason}`);
}

requireRelation(
  limits.leaseRenewalMs * 2 < limits.leaseMs,
  'two renewals must fit one lease, so that one lost reply does not cost the lease',
);
requireRelation(
  limits.attemptsPerModelMax <= limits.attemptsMax,
  'one model may not have more attempts than the job',
);
requireRelation(
  limits.archiveAfterMs < limits.retentionMs,
  'a job that leaves before it is archived would never be',
);
requireRelation(
  limits.streamSilenceMs + limits.bulkStorePatienceMs < limits.objectGraceMsMin,
  'a prompt must not be deleted while its job is on its way into the store',
);
requireRelation(
  limits.longPollMaxSeconds < 60,
  'long polls must end before common proxies cut them at 60 s',
);
requireRelation(
  limits.webhookDisableAfterMs < limits.retentionMs,
  'what is known of a failing endpoint must outlive the time until it is switched off',
);
requireRelation(limits.listPageMax <= limits.listLooksMax, 'a call must be able to fill a page');
requireRelation(
  limits.deltasPerBatchMax < limits.deltasKeptMax,
  'a batch of pieces must not push itself out of its stream',
);
requireRelation(
  Math.max(limits.bulkAtomicLinesMax, limits.bulkGroupLinesMax) <= limits.admitGroupMax,
  'what is admitted together must fit one call of the script',
);
requireRelation(
  limits.bulkStorePatienceMs < limits.streamSilenceMs,
  'a sender that waits for the store must not be taken for a silent one',
);
requireRelation(
  limits.webhookKeptBytesMax <= limits.webhookResponseBytesMax,
  'what is kept of a response must have been read',
);
