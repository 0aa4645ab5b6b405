/** The port to what people said of answers: kept for each job, summed up by model and task. */
import type { JobId, TenantId } from '../domain/ids.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import type { TaskClass } from '../domain/task-class.ts';

/** What somebody says of a job's answer. */
export interface Judgement {
  readonly tenant: TenantId;
  readonly id: JobId;
  /** Who says it, as the tenant names its users; `undefined` for nobody in particular. */
  readonly user: string | undefined;
  /** 0 for useless, 1 for perfect. */
  readonly score: number;
  readonly comment: string | undefined;
  /** Whose answer it was, and to what. */
  readonly model: string;
  readonly task: TaskClass | undefined;
}

export type JudgeResult =
  | { readonly kind: 'judged'; readonly atMs: number }
  /** As many users as may have judged this job. */
  | { readonly kind: 'full' }
  /** The job has been deleted meanwhile. */
  | { readonly kind: 'missing' };

export interface QualityStore {
  /** Says it once however often it is repeated; a later word of a user replaces the earlier. */
  judge(judgement: Judgement): Promise<JudgeResult>;
  /** All sums of a tenant, or of one of its users. */
  sums(tenant: TenantId, user?: string): Promise<readonly QualitySum[]>;
}
