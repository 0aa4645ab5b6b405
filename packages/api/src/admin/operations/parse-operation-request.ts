/** Reads what an operator wants done to many jobs: strict, every problem at once. */
import { jobStates } from '@forebay/shared/domain/job-state';
import {
  actionStates,
  type OperationAction,
  type OperationFilter,
  operationActions,
} from '@forebay/shared/domain/operation';
import { z } from 'zod';
import { modelName, objectError, priority, time } from '../../intake/request-fields-schema.ts';
import { requestProblem, throwRequestProblems } from '../../intake/request-problems.ts';
import { tenantName } from '../tenants/admin-fields-schema.ts';

export interface OperationRequest {
  readonly action: OperationAction;
  readonly priority: number | undefined;
  readonly filter: OperationFilter;
}

const statesExpected = `expected one or a list of different ones of ${jobStates.join(', ')}`;
const states = z.union(
  [
    z.enum(jobStates).transform((state) => [state]),
    z
      .array(z.enum(jobStates))
      .min(1)
      .refine((names) => new Set(names).size === names.length),
  ],
  statesExpected,
);

const batchExpected = 'expected the id of a bulk call';
const filterExpected = 'expected an object with "tenant" and whatever else narrows it down';
const filterSchema = z.strictObject(
  {
    tenant: tenantName,
    state: states.optional(),
    model: modelName.optional(),
    batch_id: z
      .string(batchExpected)
      .regex(/^[^\s\p{Cc}]{1,255}$/u, batchExpected)
      .optional(),
    created_from: time.optional(),
    created_before: time.optional(),
  },
  objectError(filterExpected),
);

const actionExpected = `expected one of ${operationActions.join(', ')}`;
const shape = {
  action: z.enum(operationActions, actionExpected),
  filter: filterSchema,
  priority: priority.optional(),
};
const schema = z.strictObject(shape, objectError('expected an object with "action" and "filter"'));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseOperationRequest(body: unknown): OperationRequest {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(shape));
  const { action, filter, priority: wanted } = parsed.data;
  if (action === 'reprioritise' && wanted === undefined) {
    throw requestProblem(['priority'], 'expected the priority that the jobs are to have');
  }
  if (action !== 'reprioritise' && wanted !== undefined) {
    throw requestProblem(['priority'], `expected nothing, because the action is ${action}`);
  }
  const possible = actionStates[action];
  const given = filter.state ?? possible;
  if (!given.every((state) => possible.includes(state))) {
    const expected = `expected states out of ${possible.join(', ')}, the ones to ${action} from`;
    throw requestProblem(['filter', 'state'], expected);
  }
  return {
    action,
    priority: wanted,
    filter: {
      tenant: filter.tenant,
      states: possible.filter((state) => given.includes(state)),
      model: filter.model,
      batchId: filter.batch_id,
      createdFromMs: filter.created_from,
      createdBeforeMs: filter.created_before,
    },
  };
}
