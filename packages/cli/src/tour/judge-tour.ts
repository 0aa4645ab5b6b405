/** Whether the tour went as it should: every shortfall as one sentence. */
import type { MoneyReport } from './check-money.ts';
import type { WebhookReport } from './check-webhooks.ts';
import { type Move, moveReasons } from './count-reassignments.ts';
import type { SubmittedJob } from './submit-and-wait.ts';
import type { TourLine } from './tour-file.ts';

export interface TourResult {
  readonly line: TourLine;
  readonly outcome: SubmittedJob;
}

export interface TourEvidence {
  readonly results: readonly TourResult[];
  readonly moves: readonly Move[];
  readonly money: MoneyReport;
  readonly webhooks: WebhookReport;
}

/** Empty when all is well. */
export function judgeTour(evidence: TourEvidence): readonly string[] {
  const unseen = moveReasons.filter(
    (reason) => !evidence.moves.some((move) => move.reason === reason),
  );
  return [
    ...evidence.results.flatMap(judgeLine),
    ...unseen.map((reason) => `no job was moved to another model because of: ${reason}`),
    ...evidence.webhooks.breaks,
    ...evidence.money.breaks,
  ];
}

/** The end state that a line had, in the words of its expectation. */
export function endOf(outcome: SubmittedJob): string {
  if (outcome.kind === 'rejected') return 'rejected';
  return outcome.kind === 'ended' ? outcome.job.status : 'unfinished';
}

function judgeLine({ line, outcome }: TourResult): readonly string[] {
  const { expect, name } = line;
  const end = endOf(outcome);
  const code = outcome.kind === 'rejected' ? outcome.code : outcome.job.errorCode;
  const place = outcome.kind === 'rejected' ? name : `${name} (${outcome.job.id})`;
  if (end !== expect.status) {
    const why = code === undefined ? '' : ` (${code})`;
    return [`${place}: expected ${expect.status}, got ${end}${why}`];
  }
  if (expect.code !== undefined && code !== expect.code) {
    return [`${place}: expected ${expect.status} with ${expect.code}, got ${code}`];
  }
  const model = outcome.kind === 'rejected' ? undefined : outcome.job.model;
  if (expect.model !== undefined && model !== expect.model) {
    return [`${place}: expected an answer of ${expect.model}, got one of ${model}`];
  }
  return [];
}
