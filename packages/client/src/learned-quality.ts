/** What `GET /v1/quality` answers. */
import type { CallOptions } from './http/api-call.ts';
import type { ApiCaller } from './http/api-caller.ts';
import { isObject } from './json.ts';

/** Of one model at one kind of task. Figures fade with time. */
export interface LearnedQuality {
  readonly model: string;
  /** `null` for jobs whose task nobody knew. */
  readonly task: string | null;
  /** What plans go by, from 0 to 1; `null` where nothing was learned and no prior is configured. */
  readonly quality: number | null;
  /** `user`, `tenant`, `attempts`, `prior`, or `null`. */
  readonly source: string | null;
  readonly prior: number | null;
  /** What people said. */
  readonly judgements: { readonly count: number; readonly mean: number | null };
  /** What answers showed: how many were of no use, and which share of all certainly is. */
  readonly answers: {
    readonly count: number;
    readonly of_no_use: number;
    readonly certain_share: number;
  };
}

/** @throws ForebayApiError. */
export async function readQuality(
  caller: ApiCaller,
  user: string | undefined,
  { signal }: CallOptions,
): Promise<readonly LearnedQuality[]> {
  const call = { method: 'GET', path: '/v1/quality', query: { user }, repeat: 'always' } as const;
  const { body } = await caller.call({ ...call, signal });
  const data = isObject(body) ? body['data'] : undefined;
  // The contract of the route; rows that are none fail where they are read.
  return Array.isArray(data) ? (data as readonly LearnedQuality[]) : [];
}
