/**
 * Reads the configuration file again when it changes, or when it is asked to.
 *
 *  H1. A file that cannot be read or has a mistake changes nothing: what was served goes on.
 *  H2. The folder is watched and not the file: editors and deployments replace files by renaming,
 *      and a mounted volume swaps a link beside it. Whatever happens there, the text decides;
 *      names do not, because a link has another one and the file may name others.
 *  H3. One reading at a time; what changes meanwhile is read after it.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ReloadOutcome } from '../domain/config-change.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Service } from '../runtime/service.ts';
import { createCalm } from './calm.ts';
import { configChanges } from './config-changes.ts';
import type { LiveConfig } from './live-config.ts';
import { formatConfigProblem, loadConfig } from './load-config.ts';
import { readerBeside } from './read-beside.ts';
import type { EnvLookup } from './yaml-source.ts';

export interface ConfigReloaderDeps {
  readonly path: string;
  readonly env: EnvLookup;
  readonly config: LiveConfig;
  readonly clock: Clock;
  /** Told what each reading gave, `unchanged` only when it was asked for. */
  readonly onOutcome: (outcome: ReloadOutcome) => void;
  /** The folder can no longer be watched; `reload` still works. */
  readonly onError: (error: unknown) => void;
}

export interface ConfigReloader extends Service {
  /** Reads the file now. */
  reload(): Promise<ReloadOutcome>;
}

export function createConfigReloader(deps: ConfigReloaderDeps): ConfigReloader {
  let watcher: FSWatcher | undefined;
  let reading: Promise<unknown> = Promise.resolve();
  let lastRefused = '';
  const readNow = async (asked: boolean): Promise<ReloadOutcome> => {
    const outcome = await readAgain(deps);
    // A broken file is not told about again and again while others in its folder change.
    const told = outcome.kind === 'refused' ? outcome.problems.join('\n') : '';
    const isNews = outcome.kind === 'applied' || told !== lastRefused;
    lastRefused = told;
    if (asked || isNews) deps.onOutcome(outcome);
    return outcome;
  };
  /** H3. */
  const inTurn = (asked: boolean): Promise<ReloadOutcome> => {
    const turn = reading.then(() => readNow(asked));
    // Whoever asked hears of a failure; the next one only waits until it is over.
    reading = turn.catch(() => undefined);
    return turn;
  };
  const calm = createCalm(deps.clock, () => {
    inTurn(false).catch(deps.onError);
  });
  return {
    name: 'config-reloader',
    start() {
      watcher ??= watchFolder(deps, calm.disturb);
    },
    async stop() {
      watcher?.close();
      watcher = undefined;
      calm.stop();
      await reading;
    },
    reload: () => inTurn(true),
  };
}

/** H2. */
function watchFolder(deps: ConfigReloaderDeps, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(deps.path), { persistent: false }, onChange);
    watcher.on('error', deps.onError);
    return watcher;
  } catch (error) {
    // Going on is safe: the configuration as loaded is whole, and a signal still reloads it.
    deps.onError(error);
    return undefined;
  }
}

/** H1. */
async function readAgain({ path, env, config, clock }: ConfigReloaderDeps): Promise<ReloadOutcome> {
  const { version } = config;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', version, problems: [`${path}: cannot be read (${why})`] };
  }
  const loaded = loadConfig({ path, text, env, readBeside: readerBeside(path) });
  if (loaded.kind === 'invalid') {
    return { kind: 'refused', version, problems: loaded.problems.map(formatConfigProblem) };
  }
  const next = loaded.config;
  if (next.version === version) return { kind: 'unchanged', version };
  const changes = configChanges(config, next);
  config.swap(next, clock.nowMs());
  const warnings = loaded.warnings.map(formatConfigProblem);
  return { kind: 'applied', version: next.version, previousVersion: version, changes, warnings };
}
