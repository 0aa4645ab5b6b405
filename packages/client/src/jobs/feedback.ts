/** What somebody says of a job's answer. */

export interface Feedback {
  /** 0 for useless, 1 for perfect. */
  readonly score: number;
  readonly comment?: string;
  /** Who says it; none for the user whom the job names. */
  readonly user?: string;
}

/** As it is kept: of one user, the last one. */
export interface JobFeedback {
  readonly object: 'job.feedback';
  readonly job: string;
  /** Whose answer it was, and to what kind of task. */
  readonly model: string;
  readonly task: string | null;
  readonly user: string | null;
  readonly score: number;
  readonly comment: string | null;
  readonly created_at: string;
}
