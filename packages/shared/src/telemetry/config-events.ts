/** What a reload of the configuration gave, as events, log lines and figures of any process. */
import type { ConfigChange, ReloadOutcome } from '../domain/config-change.ts';
import type { Events } from './events.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export type ConfigEventFields = {
  'config.applied': {
    readonly version: string;
    readonly previousVersion: string;
    readonly changes: readonly ConfigChange[];
    readonly warnings: readonly string[];
  };
  'config.unchanged': { readonly version: string };
  /** A model will soon take no new jobs, or takes none any more. */
  'model.retiring': { readonly notice: string };
  'config.refused': { readonly version: string; readonly problems: readonly string[] };
};

type ConfigEvents = Events<ConfigEventFields>;

export function emitReload(events: Pick<ConfigEvents, 'emit'>, outcome: ReloadOutcome): void {
  switch (outcome.kind) {
    case 'applied':
      events.emit('config.applied', outcome);
      return;
    case 'unchanged':
      events.emit('config.unchanged', outcome);
      return;
    case 'refused':
      events.emit('config.refused', outcome);
      return;
  }
}

/** One line for the whole, and one for each difference or problem. */
export function logReloads(logger: Logger, events: Pick<ConfigEvents, 'on'>): void {
  events.on('config.applied', ({ version, previousVersion, changes, warnings }) => {
    logger.info('config.applied', { version, previousVersion, count: changes.length });
    for (const { path, change, from, to } of changes) {
      logger.info('config.changed', { setting: path, change, from, to });
    }
    logWarnings(logger, version, warnings);
  });
  events.on('model.retiring', ({ notice }) => logger.warn('model.retiring', { problem: notice }));
  events.on('config.unchanged', ({ version }) => logger.info('config.unchanged', { version }));
  events.on('config.refused', ({ version, problems }) => {
    for (const problem of problems) logger.error('config.refused', { version, problem });
  });
}

/** One line for each thing that is served and is probably not what was meant. */
export function logWarnings(logger: Logger, version: string, warnings: readonly string[]): void {
  for (const problem of warnings) logger.warn('config.warning', { version, problem });
}

export function countReloads(events: Pick<ConfigEvents, 'on'>, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_config_reloads_total',
    help:
      'Readings of the configuration file: applied, unchanged, or refused because of a mistake ' +
      'in it, in which case the former configuration is still served.',
    labels: ['outcome'],
  });
  events.on('config.applied', () => count({ outcome: 'applied' }));
  events.on('config.unchanged', () => count({ outcome: 'unchanged' }));
  events.on('config.refused', () => count({ outcome: 'refused' }));
}
