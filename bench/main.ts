/** `npm run bench`: runs the scenarios that were asked for and writes what they measured. */
import { resolve } from 'node:path';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type BenchOptions, benchHelp, parseBenchArguments } from './parse-bench-arguments.ts';
import { formatDepth } from './report/format-depth.ts';
import { formatLatency } from './report/format-latency.ts';
import { formatThroughput } from './report/format-throughput.ts';
import { formatWork } from './report/format-work.ts';
import { describeMachine } from './report/machine.ts';
import { type ScenarioResult, writeResult } from './report/write-result.ts';
import { type DepthResult, runDepth } from './run-depth.ts';
import { type LatencyResult, runLatency } from './run-latency.ts';
import { runThroughput, type ThroughputResult } from './run-throughput.ts';
import { runWork } from './run-work.ts';
import {
  type DepthScenario,
  type LatencyScenario,
  type Scenario,
  scenarios,
  type ThroughputScenario,
  type WorkScenario,
} from './scenarios.ts';

const wrongUseExitCode = 2;

function report(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

async function measure(scenario: Scenario, options: BenchOptions): Promise<ScenarioResult> {
  const small = { jobCount: 60, warmUpCount: 20 };
  switch (scenario.kind) {
    case 'throughput':
      return measureThroughput(options.smoke ? { ...scenario, ...small } : scenario, options);
    case 'latency':
      return measureLatency(options.smoke ? { ...scenario, ...small } : scenario, options);
    case 'depth':
      return measureDepth(options.smoke ? { ...scenario, ...small, depths: [100] } : scenario);
    case 'work':
      return measureWork(options.smoke ? { ...scenario, batchCalls: 5, warmUpCalls: 5 } : scenario);
  }
}

async function measureThroughput(
  scenario: ThroughputScenario,
  options: BenchOptions,
): Promise<ScenarioResult> {
  const { sides, smoke } = options;
  const profileDir = options.profileDir && resolve(options.profileDir);
  const repetitions = smoke ? 1 : options.repetitions;
  const data: ThroughputResult[] = [];
  for (const appendfsync of settingsOf(options)) {
    const how = { appendfsync, repetitions, sides, profileDir, report };
    data.push(await runThroughput(scenario, how));
  }
  return resultOf(scenario, formatThroughput(scenario, data), data);
}

async function measureLatency(
  scenario: LatencyScenario,
  options: BenchOptions,
): Promise<ScenarioResult> {
  const data: LatencyResult[] = [];
  for (const appendfsync of settingsOf(options)) {
    const result = await runLatency(scenario, appendfsync);
    report(`${scenario.name} ${appendfsync}: p50 ${result.addedMs.p50.toFixed(2)} ms`);
    data.push(result);
  }
  return resultOf(scenario, formatLatency(scenario, data), data);
}

async function measureDepth(scenario: DepthScenario): Promise<ScenarioResult> {
  const data: DepthResult[] = [];
  for (const depth of scenario.depths) {
    const result = await runDepth(scenario, depth);
    report(`${scenario.name} ${depth}: ${Math.round(result.jobsPerSecond)} jobs/s`);
    data.push(result);
  }
  return resultOf(scenario, formatDepth(scenario, data), data);
}

function measureWork(scenario: WorkScenario): ScenarioResult {
  const data = runWork(scenario);
  report(`${scenario.name}: ${data.processorUs.median.toFixed(1)} µs`);
  const { name, title } = scenario;
  return { name, title, page: formatWork(scenario, data), redisVersion: undefined, data };
}

function settingsOf({ smoke, appendfsync }: BenchOptions): BenchOptions['appendfsync'] {
  return smoke ? appendfsync.slice(0, 1) : appendfsync;
}

function resultOf(
  { name, title }: Scenario,
  page: string,
  data: readonly { readonly redisVersion: string }[],
): ScenarioResult {
  return { name, title, page, redisVersion: data[0]?.redisVersion ?? '', data };
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
