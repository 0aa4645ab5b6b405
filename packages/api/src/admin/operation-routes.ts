/** `/admin/v1/operations`: cancel, retry or re-prioritise every job that fits a filter. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { newOperationId, type Operation, parseOperationId } from '@forebay/shared/domain/operation';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { OperationStore } from '@forebay/shared/ports/operation-store';
import { type FindTenantDeps, findTenant } from '@forebay/shared/tenants/find-tenant';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { type AuditedDeps, audited } from './audited.ts';
import { parseOperationRequest } from './operations/parse-operation-request.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { readWholeNumbers } from './read-whole-numbers.ts';

export interface OperationRoutesDeps extends AuditedDeps, FindTenantDeps {
  readonly operations: Pick<OperationStore, 'create' | 'read' | 'list' | 'edit'>;
  readonly jobs: Pick<JobStore, 'nowMs'>;
}

const path = '/admin/v1/operations';

export function operationRoutes(deps: OperationRoutesDeps): readonly AdminRoute[] {
  return [
    {
      ...operatorFacts,
      ...{ method: 'POST', path, scope: 'operate', audit: 'write' },
      summary: 'Cancel, retry or re-prioritise every job that fits a filter',
      ...takes('Operation'),
      handle: (call) => postOperation(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'GET', path, scope: 'any', audit: 'read' },
      summary: 'List operations, newest first',
      handle: (call) => listOperations(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'GET', path: `${path}/:id`, scope: 'any', audit: 'read' },
      summary: 'Read an operation and its counts',
      handle: async (call) => reply(200, await readOperation(deps, call)),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: `${path}/:id/cancel`, scope: 'operate', audit: 'write' },
      summary: 'Let an operation touch no further jobs',
      handle: (call) => postCancel(deps, call),
    },
  ];
}

async function postOperation(deps: OperationRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const { action, priority, filter } = parseOperationRequest(call.body);
  await answerInTime(deps.clock, () => findTenant(deps, filter.tenant));
  const operation: Operation = {
    ...{ id: newOperationId(), version: 1, action, priority, filter },
    ...{ state: 'running', cancelRequested: false, failures: [] },
    counts: { matched: 0, done: 0, skipped: 0, failed: 0 },
    ...{ step: 0, page: [], after: undefined, isListed: false },
    createdBy: call.operator.actor,
    createdAtMs: await answerInTime(deps.clock, () => deps.jobs.nowMs()),
    endedAtMs: undefined,
  };
  await audited(deps, call, {
    action: `operation.${action}`,
    target: `tenant:${filter.tenant}/operation:${operation.id}`,
    async change() {
      if ((await deps.operations.create(operation)) === 'full') throw tooMany();
      return { value: undefined, before: undefined, after: viewOperation(operation) };
    },
  });
  return reply(202, operation);
}

async function listOperations(deps: OperationRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const { limit = limits.listPageDefault } = readWholeNumbers(call.query, { limit: 1 });
  const found = await answerInTime(deps.clock, () =>
    deps.operations.list(Math.min(limit, limits.listPageMax)),
  );
  return { status: 200, body: { object: 'list', data: found.map(viewOperation) } };
}

/** @throws ForebayError `not_found`. */
async function readOperation(deps: OperationRoutesDeps, call: AdminCall): Promise<Operation> {
  const id = parseOperationId(call.params['id'] ?? '');
  if (id === undefined) throw noSuchOperation();
  const operation = await answerInTime(deps.clock, () => deps.operations.read(id));
  if (operation === undefined) throw noSuchOperation();
  return operation;
}

/** Idempotent: one that is over stays as it ended. */
async function postCancel(deps: OperationRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const before = await readOperation(deps, call);
  const { id } = before;
  const after = await audited(deps, call, {
    action: 'operation.stop',
    target: `tenant:${before.filter.tenant}/operation:${id}`,
    async change() {
      const value = await deps.operations.edit(id, (operation) =>
        operation.state === 'running' ? { ...operation, cancelRequested: true } : undefined,
      );
      if (value === undefined) throw noSuchOperation();
      return { value, before: viewOperation(before), after: viewOperation(value) };
    },
  });
  return reply(200, after);
}

function reply(status: number, operation: Operation): ApiReply {
  const headers = status === 202 ? { Location: `${path}/${operation.id}` } : {};
  return { status, headers, body: viewOperation(operation) };
}

function viewOperation(operation: Operation): JsonObject {
  const { id, action, priority, filter, state, counts, failures } = operation;
  return {
    ...{ id, object: 'operation', action, priority: priority ?? null },
    filter: {
      tenant: filter.tenant,
      state: filter.states,
      model: filter.model ?? null,
      batch_id: filter.batchId ?? null,
      created_from: timeText(filter.createdFromMs),
      created_before: timeText(filter.createdBeforeMs),
    },
    status: state,
    cancel_requested: operation.cancelRequested,
    counts: { ...counts },
    failures: failures.map(({ job, code }) => ({ job_id: job, code })),
    created_by: operation.createdBy,
    created_at: timeText(operation.createdAtMs),
    ended_at: timeText(operation.endedAtMs),
  };
}

function timeText(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

function tooMany(): ForebayError {
  const most = limits.operationsOpenMax;
  const detail = `${most} operations are running, which is the most. Wait for the end of one.`;
  return new ForebayError('operation_limit', detail);
}

function noSuchOperation(): ForebayError {
  return new ForebayError('not_found', 'There is no such operation. Check the id.');
}
