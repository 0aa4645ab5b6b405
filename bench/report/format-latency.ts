/** The page of the idle scenario. */
import type { LatencyResult, Percentiles } from '../run-latency.ts';
import type { LatencyScenario } from '../scenarios.ts';
import { formatTable } from './format-table.ts';

export function formatLatency(
  { jobCount, warmUpCount, addedP50MaxMs }: LatencyScenario,
  results: readonly LatencyResult[],
): string {
  const text = ({ p50, p99 }: Percentiles): string => `${p50.toFixed(2)} / ${p99.toFixed(2)}`;
  const head = ['appendfsync', 'request → 202', '202 → call', 'request → call'];
  const rows = results.map(({ appendfsync, acceptedMs, addedMs, wholeMs }) => [
    appendfsync,
    ...[acceptedMs, addedMs, wholeMs].map(text),
  ]);
  return `${jobCount} jobs after ${warmUpCount} to warm up, one at a time; milliseconds,
p50 / p99. The call is timed where the provider receives it. Promised from the 202 to the call: a
p50 below ${addedP50MaxMs} ms.

${formatTable(head, rows)}
`;
}
