/**
 * The life of a job: every state, and every legal move between two of them.
 *
 * This table is the only place that says what may follow what. The Lua scripts enforce the same
 * moves (each names its own in a `Moves:` header line, and a test compares those lines with this
 * table); the diagram in `docs/lifecycle.md` is generated from it.
 */

/** All states, in the order in which a job can meet them. */
export const jobStates = [
  'scheduled',
  'queued',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
] as const;

export type JobState = (typeof jobStates)[number];

/** States that are written once and never left. */
export const terminalJobStates = ['succeeded', 'failed', 'cancelled', 'expired'] as const;

export type TerminalJobState = (typeof terminalJobStates)[number];

/** The store scripts that move a job. */
export type JobMover = 'admit' | 'feed' | 'claim' | 'settle' | 'reassign' | 'cancel' | 'change';

/** One legal move. `from: null` is the birth of the job. */
export interface JobMove {
  readonly from: JobState | null;
  readonly to: JobState;
  readonly by: JobMover;
  readonly when: string;
}

export const jobMoves: readonly JobMove[] = [
  { from: null, to: 'scheduled', by: 'admit', when: 'accepted with a start time ahead' },
  { from: null, to: 'queued', by: 'admit', when: 'accepted' },
  { from: 'scheduled', to: 'queued', by: 'feed', when: 'its start time has come' },
  { from: 'queued', to: 'running', by: 'claim', when: 'a worker holds a permit for it' },
  { from: 'queued', to: 'queued', by: 'reassign', when: 'replanned while it waits' },
  { from: 'queued', to: 'queued', by: 'change', when: 'another priority or deadline' },
  { from: 'running', to: 'queued', by: 'reassign', when: 'retry, fallback, lost lease, hand-back' },
  { from: 'running', to: 'succeeded', by: 'settle', when: 'the answer is stored' },
  { from: 'queued', to: 'succeeded', by: 'settle', when: 'a late answer is adopted' },
  { from: 'running', to: 'failed', by: 'settle', when: 'nothing is left to try' },
  { from: 'running', to: 'expired', by: 'settle', when: 'the deadline passed' },
  { from: 'queued', to: 'failed', by: 'settle', when: 'no model can take it any more' },
  { from: 'queued', to: 'expired', by: 'settle', when: 'the deadline passed' },
  { from: 'scheduled', to: 'failed', by: 'settle', when: 'no model can take it any more' },
  { from: 'scheduled', to: 'expired', by: 'settle', when: 'the deadline passed' },
  { from: 'running', to: 'cancelling', by: 'cancel', when: 'the caller asked' },
  { from: 'cancelling', to: 'cancelled', by: 'settle', when: 'the worker let go, or is gone' },
  { from: 'queued', to: 'cancelled', by: 'cancel', when: 'the caller asked' },
  { from: 'scheduled', to: 'cancelled', by: 'cancel', when: 'the caller asked' },
];

/** Whether a job in this state has ended for good. */
export function isTerminal(state: JobState): state is TerminalJobState {
  return terminalJobStates.some((terminal) => terminal === state);
}

/** Narrows stored text to a state; `undefined` for text that no version of ours has written. */
export function parseJobState(text: string): JobState | undefined {
  return jobStates.find((state) => state === text);
}
