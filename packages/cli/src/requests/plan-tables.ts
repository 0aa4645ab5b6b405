/** A plan as tables: what was chosen among, and what was left out. */
import type { RouteCandidate, RouteExclusion, RouteMove, RoutePlan } from '@forebay/client';
import { formatTable } from '../terminal/format-table.ts';

const unknown = '-';

const candidateHead = [
  ...['#', 'model', 'about USD', 'at most USD', 'starts s', 'done s', 'quality'],
  ...['score', 'cost', 'speed', 'qual.', 'load', 'why'],
];

/** Nothing for a list that is empty. */
export function planTables({ candidates, exclusions }: RoutePlan): string {
  const chosen = candidates.map((candidate, index) => candidateRow(candidate, index + 1));
  const left = exclusions.map(exclusionRow);
  const tables = [
    ...(chosen.length === 0 ? [] : [formatTable(candidateHead, chosen)]),
    ...(left.length === 0
      ? []
      : [formatTable(['not', 'code', 'about USD', 'done s', 'quality', 'why'], left)]),
  ];
  return tables.join('\n');
}

function candidateRow(candidate: RouteCandidate, rank: number): readonly (string | number)[] {
  const { scores } = candidate;
  return [
    rank,
    candidate.model,
    candidate.expected_cost_usd,
    candidate.worst_case_cost_usd,
    candidate.expected_start_seconds ?? unknown,
    candidate.expected_seconds ?? unknown,
    candidate.quality?.value ?? unknown,
    candidate.score,
    scores?.cost ?? unknown,
    scores?.speed ?? unknown,
    scores?.quality ?? unknown,
    scores?.load ?? unknown,
    shortReason(candidate.reason),
  ];
}

function exclusionRow(exclusion: RouteExclusion): readonly (string | number)[] {
  return [
    exclusion.model,
    exclusion.code,
    exclusion.expected_cost_usd ?? unknown,
    exclusion.expected_seconds ?? unknown,
    exclusion.quality?.value ?? unknown,
    exclusion.reason,
  ];
}

/** The plans that a job has left: among what it was chosen then, and why it went on. */
export function moveTable(moves: readonly RouteMove[]): string {
  const rows = moves.map(({ n, at, from, to, reason, compared, excluded }) => [
    n,
    at,
    from,
    to,
    compared.map(({ model, score }) => `${model} ${score}`).join(', '),
    excluded.map(({ model, code }) => `${model} ${code}`).join(', '),
    reason.text,
  ]);
  return formatTable(['move', 'at', 'from', 'to', 'compared', 'left out', 'why'], rows);
}

/** Without what has columns of its own: strategy and cost, time, and a quality. */
function shortReason(reason: string): string {
  const [, , ...rest] = reason.split('; ');
  return rest.filter((part) => !part.startsWith('quality ')).join('; ');
}

/** Such as `balanced: cost 1, speed 1, quality 1, load 0.5; rule eu-only`, with the task. */
export function planTerms({ strategy, weights, task, because }: RoutePlan): string {
  const parts = Object.entries(weights ?? {}).map(([part, weight]) => `${part} ${weight}`);
  const terms = parts.length === 0 ? strategy : `${strategy}: ${parts.join(', ')}`;
  const asks =
    task === null ? [] : [`task ${task.class}, ${task.complexity} (${task.signals.join(', ')})`];
  return [terms, ...asks, ...because].join('; ');
}
