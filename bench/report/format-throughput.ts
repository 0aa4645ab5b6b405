/** The page of a throughput scenario. */
import { type Spread, spreadOf } from '../measure/spread.ts';
import type { ThroughputResult, ThroughputRun } from '../run-throughput.ts';
import type { ThroughputScenario } from '../scenarios.ts';
import type { SideName } from '../sides/side.ts';
import { formatNumber, formatTable } from './format-table.ts';

export function formatThroughput(
  scenario: ThroughputScenario,
  results: readonly ThroughputResult[],
): string {
  const { jobCount, warmUpCount, ratioMin } = scenario;
  return `${jobCount} jobs after ${warmUpCount} to warm up, from the first byte of the intake to the
last stored answer. Medians, with the least and the greatest run in brackets; bare and Forebay ran
in turns. The ratio promised is at least ${ratioMin}.

${formatTable(['appendfsync', 'bare, jobs/s', 'Forebay, jobs/s', 'ratio'], results.map(speeds))}

Processor time per 1,000 jobs, in seconds (medians):

${formatTable(['appendfsync', 'side', 'processes', 'sum'], results.flatMap(processorRows))}

Redis per job (medians): commands executed, those inside scripts among them; script calls; reads
from a socket, where everything that was sent together is one; bytes received, sent, and written
to the append-only file.

${formatTable(
  ['appendfsync', 'side', 'commands', 'scripts', 'round trips', 'in', 'out', 'file'],
  results.flatMap(redisRows),
)}
`;
}

function speeds({ appendfsync, jobsPerSecond, ratio }: ThroughputResult): readonly string[] {
  const text = (spread: Spread | undefined): string =>
    spread === undefined
      ? '–'
      : `${formatNumber(spread.median)} (${formatNumber(spread.min)}–${formatNumber(spread.max)})`;
  const shown = ratio === undefined ? '–' : ratio.toFixed(2);
  return [appendfsync, text(jobsPerSecond.bare), text(jobsPerSecond.forebay), shown];
}

const sideNames: readonly SideName[] = ['bare', 'forebay'];

function bySide(
  result: ThroughputResult,
  row: (runs: readonly ThroughputRun[]) => readonly string[],
): readonly (readonly string[])[] {
  return sideNames.flatMap((side) => {
    const own = result.runs.filter((run) => run.side === side);
    return own.length === 0 ? [] : [[result.appendfsync, side, ...row(own)]];
  });
}

function processorRows(result: ThroughputResult): readonly (readonly string[])[] {
  return bySide(result, (runs) => {
    const names = [...new Set(runs.flatMap((run) => Object.keys(run.cpuMicros)))];
    // Microseconds per job are milliseconds per thousand.
    const seconds = names.map(
      (name) => spreadOf(runs.map((run) => run.cpuMicros[name] ?? 0)).median / 1_000,
    );
    const parts = names.map((name, index) => `${name} ${(seconds[index] ?? 0).toFixed(2)}`);
    return [parts.join(', '), seconds.reduce((sum, each) => sum + each, 0).toFixed(2)];
  });
}

function redisRows(result: ThroughputResult): readonly (readonly string[])[] {
  return bySide(result, (runs) => {
    const median = (pick: (run: ThroughputRun['redis']) => number): string =>
      formatNumber(spreadOf(runs.map((run) => pick(run.redis))).median);
    return [
      median((redis) => redis.commands),
      median((redis) => redis.scripts),
      median((redis) => redis.roundTrips),
      median((redis) => redis.bytesIn),
      median((redis) => redis.bytesOut),
      median((redis) => redis.appendOnlyBytes),
    ];
  });
}
