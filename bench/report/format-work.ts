/** The page of a piece of code. */
import type { Spread } from '../measure/spread.ts';
import type { WorkResult } from '../run-work.ts';
import type { WorkScenario } from '../scenarios.ts';
import { formatNumber, formatTable } from './format-table.ts';

export function formatWork(
  { batchCalls, warmUpCalls, medianMaxUs }: WorkScenario,
  { processorUs, clockUs }: WorkResult,
): string {
  const rowOf = (name: string, { median, min, max }: Spread) => [
    name,
    ...[median, min, max].map(formatNumber),
  ];
  const rows = [rowOf('processor', processorUs), rowOf('clock', clockUs)];
  return `One call, in microseconds: batches of ${batchCalls} calls after ${warmUpCalls} to warm up.
Promised: a median below ${medianMaxUs} µs of processor time.

${formatTable(['time', 'median', 'least', 'most'], rows)}
`;
}
