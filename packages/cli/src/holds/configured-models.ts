/** The models that the api runs with, from the same variables. */
import type { EnvSource } from '@forebay/shared/config/read-env';
import { readProcessConfig } from '@forebay/shared/config/read-process-config';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { UsageError } from '../program/usage-error.ts';

/** @throws UsageError when the configuration has mistakes. */
export function configuredModels(environment: EnvSource): Catalog['models'] {
  const read = readProcessConfig(environment);
  if (read.kind === 'invalid') throw new UsageError(read.problems.join('\n'));
  return read.config.catalog.models;
}
