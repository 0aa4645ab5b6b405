/** The page that the tour prints at its end. */
import { formatUsd } from '@forebay/shared/domain/money';
import { formatTable } from '../terminal/format-table.ts';
import type { Move } from './count-reassignments.ts';
import { endOf, type TourEvidence, type TourResult } from './judge-tour.ts';

export interface ReportLinks {
  readonly board: string;
  readonly docs: string;
  readonly logs: string;
}

export interface ReportInput extends TourEvidence {
  readonly shortfalls: readonly string[];
  readonly durationMs: number;
  readonly links: ReportLinks;
}

export function formatReport(input: ReportInput): string {
  const { webhooks, money, shortfalls } = input;
  const verdict =
    shortfalls.length === 0
      ? 'Every job ended as expected.\n'
      : `Not as expected:\n${shortfalls.map((text) => `  ✗ ${text}\n`).join('')}`;
  const identity = money.breaks.length === 0 ? 'holds' : `BROKEN (${money.breaks.length})`;
  return `
Jobs by end state and model
${jobTable(input.results)}
Moved to another model
${moveTable(input.moves)}
Cost against ceilings, by task (US dollars)
${costTable(input.results)}
Webhooks: ${webhooks.arrived} of ${webhooks.awaited} ends announced, ${webhooks.verified} of \
${webhooks.deliveries} deliveries with a valid signature.
Money: billed ${formatUsd(money.billed)}, spent ${formatUsd(money.spent)}, unknown \
${formatUsd(money.unknown)} US dollars; the identity of bill and charges ${identity}.

${verdict}
  ${input.results.length} jobs in ${(input.durationMs / 1000).toFixed(1)} s
  Bull Board  ${input.links.board}
  docs        ${input.links.docs}
  logs        ${input.links.logs}
`;
}

function jobTable(results: readonly TourResult[]): string {
  const models = [...new Set(results.map(modelOf))].sort();
  const ends = [...new Set(results.map(({ outcome }) => endOf(outcome)))].sort();
  const rows = models.map((model) => [
    model,
    ...ends.map((end) => {
      const same = (result: TourResult): boolean =>
        modelOf(result) === model && endOf(result.outcome) === end;
      return results.filter(same).length;
    }),
  ]);
  return formatTable(['model', ...ends], rows);
}

function modelOf({ outcome }: TourResult): string {
  return outcome.kind === 'rejected' ? '(refused)' : outcome.job.model;
}

function moveTable(moves: readonly Move[]): string {
  const counts = new Map<string, number>();
  for (const { reason, outcome, from, to } of moves) {
    const key = [reason, outcome, `${from} → ${to}`].join('|');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts.keys()].sort().map((key) => [...key.split('|'), counts.get(key) ?? 0]);
  return formatTable(['reason', 'outcome', 'from → to', 'jobs'], rows);
}

function costTable(results: readonly TourResult[]): string {
  const tasks = [...new Set(results.map(({ line }) => line.task))];
  const rows = tasks.map((task) => {
    const jobs = results.flatMap(({ line, outcome }) =>
      line.task === task && outcome.kind !== 'rejected' ? [outcome.job] : [],
    );
    const sumOf = (pick: (job: (typeof jobs)[number]) => bigint): string =>
      formatUsd(jobs.reduce((sum, job) => sum + pick(job), 0n));
    return [
      task,
      jobs.length,
      sumOf((job) => job.cost.spent),
      sumOf((job) => job.cost.unknown),
      sumOf((job) => job.cost.ceiling),
    ];
  });
  return formatTable(['task', 'jobs', 'spent', 'unknown', 'ceilings'], rows);
}
