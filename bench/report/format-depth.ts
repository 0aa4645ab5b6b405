/** The page of a depth scenario. */
import type { DepthResult } from '../run-depth.ts';
import type { DepthScenario } from '../scenarios.ts';
import { formatNumber, formatTable } from './format-table.ts';

export function formatDepth({ jobCount }: DepthScenario, results: readonly DepthResult[]): string {
  const head = [
    ...['waiting', 'jobs/s', 'worker, µs', 'Redis, µs', 'sum, µs'],
    ...['Redis memory', 'record', 'payload'],
  ];
  const rows = results.map(({ depth, jobsPerSecond, cpuMicros, ...memory }) =>
    [
      ...[depth, jobsPerSecond, cpuMicros.worker, cpuMicros.redis],
      ...[cpuMicros.worker + cpuMicros.redis, memory.memoryBytes],
      ...[memory.recordBytes, memory.payloadBytes],
    ].map(formatNumber),
  );
  return `The processor time that each of about ${jobCount} jobs took, from the backlog to its
stored answer, while the others waited; appendfsync everysec. Memory is bytes for each waiting job:
all that Redis grew by, and of that the record and the payload of one job by Redis' own account.
The rest are the indexes, the due entry and the place in the backlog.

${formatTable(head, rows)}
`;
}
