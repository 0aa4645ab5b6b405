/**
 * `forebay start`: brings the local stack up, runs the tour, serves until it is told to stop.
 *
 * The first SIGINT or SIGTERM drains everything in order; a second one kills what is left.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@forebay/shared/runtime/clock';
import { type LocalStack, startLocalStack } from './local/local-stack.ts';
import type { CommandInput } from './program/command-input.ts';
import { readSettings } from './program/read-settings.ts';
import { UsageError } from './program/usage-error.ts';
import { runTour } from './tour/run-tour.ts';

interface StartOptions {
  /** Exit after the tour. */
  readonly once: boolean;
  readonly tour: boolean;
  /** A configuration of the user's own; no simulator and no tour then. */
  readonly configFile: string | undefined;
}

/** @returns the exit code. @throws ForebayError when the stack cannot be started. */
export async function runStart(input: CommandInput): Promise<number> {
  const options = readStartOptions(input);
  const inherited = localEnvironment(input);
  const env = readSettings(inherited);
  const ownConfig = options.configFile;
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
    const tourPassed = options.tour ? await tour(stack, input.signal) : true;
    if (!options.once) await untilAborted(input.signal);
    return tourPassed || !options.once ? 0 : 1;
  } finally {
    process.stderr.write('forebay: draining (again Ctrl-C: end at once) ...\n');
    await stack.stop();
  }
}

function readStartOptions({ options }: CommandInput): StartOptions {
  const once = options.isOn('once');
  const configFile = options.text('config');
  const tour = !options.isOn('no-tour') && configFile === undefined;
  if (once && !tour) {
    throw new UsageError('--once ends after the tour, which --no-tour and --config leave out.');
  }
  return { once, tour, configFile };
}

/** `start` is the local mode, unless its user says otherwise. */
function localEnvironment({ environment }: CommandInput): CommandInput['environment'] {
  const mode = environment['FOREBAY_MODE'] ?? '';
  return { ...environment, FOREBAY_MODE: mode === '' ? 'local' : mode };
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
