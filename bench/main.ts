/** `npm run bench`: runs the scenarios that were asked for and writes what they measured. */
import { resolve } from 'node:path';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type BenchOptions, benchHelp, parseBenchArguments } from './parse-bench-arguments.ts';
import { formatThroughput } from './report/format-throughput.ts';
import { describeMachine } from './report/machine.ts';
import { type ScenarioResult, writeResult } from './report/write-result.ts';
import { runThroughput, type ThroughputResult } from './run-throughput.ts';
import { type Scenario, scenarios } from './scenarios.ts';

const wrongUseExitCode = 2;

function report(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

async function measure(scenario: Scenario, options: BenchOptions): Promise<ScenarioResult> {
  const { sides, smoke } = options;
  const profileDir = options.profileDir && resolve(options.profileDir);
  const measured = smoke ? { ...scenario, jobCount: 60, warmUpCount: 20 } : scenario;
  const results: ThroughputResult[] = [];
  for (const appendfsync of smoke ? options.appendfsync.slice(0, 1) : options.appendfsync) {
    const repetitions = smoke ? 1 : options.repetitions;
    results.push(
      await runThroughput(measured, { appendfsync, repetitions, sides, profileDir, report }),
    );
  }
  const page = formatThroughput(measured, results);
  const { name, title } = scenario;
  return { name, title, page, redisVersion: results[0]?.redisVersion ?? '', data: results };
}

async function run(options: BenchOptions): Promise<void> {
  const isWhole = options.sides.length > 1 && options.profileDir === undefined && !options.smoke;
  for (const scenario of scenarios.filter(({ name }) => options.names.includes(name))) {
    const result = await measure(scenario, options);
    process.stdout.write(`\n${result.title}\n\n${result.page}\n`);
    if (isWhole) writeResult(describeMachine(systemClock.nowMs()), result);
  }
}

const parsed = parseBenchArguments(process.argv.slice(2));
if (parsed.kind === 'help') {
  process.stdout.write(benchHelp);
} else if (parsed.kind === 'wrong') {
  process.stderr.write(`${parsed.message}\n\n${benchHelp}`);
  process.exitCode = wrongUseExitCode;
} else {
  await run(parsed.options);
}
