/**
 * `forebay start`: brings the local stack up, runs the tour, serves until it is told to stop.
 *
 * The first SIGINT or SIGTERM drains everything in order; a second one kills what is left.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type LocalStack, startLocalStack } from './local/local-stack.ts';
import type { StartOptions } from './parse-command-line.ts';
import { runTour } from './tour/run-tour.ts';

export interface RunStartInput {
  readonly options: StartOptions;
  readonly env: ForebayEnv;
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

const interruptedExitCode = 130;

/** @returns the exit code. @throws ForebayError when the stack cannot be started. */
export async function runStart(input: RunStartInput): Promise<number> {
  const { options, env, inherited } = input;
  const ownConfig = options.configFile;
  const stop = listenForStop();
  const stack = await startLocalStack(
    { clock: systemClock, report: (line) => process.stderr.write(`forebay: ${line}\n`) },
    {
      dataDir: resolve(env.dataDir),
      configFile: ownConfig === undefined ? example('tour.config.yaml') : resolve(ownConfig),
      scenarioFile: ownConfig === undefined ? example('tour.scenario.yaml') : undefined,
      redisUrl: setOrUndefined(inherited['REDIS_URL']),
      namespace: env.namespace,
      port: setOrUndefined(inherited['PORT']) === undefined ? undefined : env.port || undefined,
      adminPort:
        setOrUndefined(inherited['ADMIN_PORT']) === undefined
          ? undefined
          : env.adminPort || undefined,
      inherited,
    },
  );
  try {
    process.stdout.write(`${readyLine(stack)}\n`);
    const tourPassed = options.tour ? await tour(stack, stop.signal) : true;
    if (!options.once) await untilAborted(stop.signal);
    return tourPassed || !options.once ? 0 : 1;
  } finally {
    process.stderr.write('forebay: draining (again Ctrl-C: end at once) ...\n');
    await stack.stop();
    stop.end();
  }
}

async function tour(stack: LocalStack, signal: AbortSignal): Promise<boolean> {
  const { simulator, secrets } = stack;
  if (simulator === undefined) return true;
  try {
    return await runTour({
      clock: systemClock,
      tourFile: example('tour.jsonl'),
      api: { url: stack.url, key: secrets.key },
      simulator,
      webhookSecret: secrets.webhookSecret,
      links: { board: `${stack.adminUrl}/board`, docs: repositoryPath('docs'), logs: stack.logDir },
      signal,
    });
  } catch (error) {
    // Its own requests were ended by the signal: an interrupted tour has simply not passed.
    if (signal.aborted) return false;
    throw error;
  }
}

/** The one line that scripts read. */
function readyLine({ url, adminUrl, secrets }: LocalStack): string {
  return (
    `ready url=${url} key=${secrets.key} admin=${adminUrl} admin_key=${secrets.adminKey} ` +
    `webhook_secret=${secrets.webhookSecret}`
  );
}

function listenForStop() {
  const stopping = new AbortController();
  const onSignal = (): void => {
    // The stack kills its children when this process exits.
    if (stopping.signal.aborted) process.exit(interruptedExitCode);
    stopping.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: stopping.signal,
    end() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** An empty variable counts as unset, as everywhere. */
function setOrUndefined(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function example(name: string): string {
  return repositoryPath(`examples/${name}`);
}

function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
