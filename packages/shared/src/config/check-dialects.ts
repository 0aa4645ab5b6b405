/** Whether the dialects of a model's deployments can carry the kinds of request that it serves. */
import { dialectRules } from '../domain/dialects.ts';
import type { DialectName } from '../domain/model-catalog.ts';
import type { PlacedProblem } from './placed-problem.ts';
import type { ParsedConfig, ParsedModel } from './schema.ts';

/** Its streams have a path of their own, and parts of paths cannot be configured one by one. */
const fixedPaths: ReadonlySet<DialectName> = new Set(['gemini']);

/** Paths of a provider that its dialect would not keep to. */
export function checkPaths(config: ParsedConfig): readonly PlacedProblem[] {
  return Object.entries(config.providers)
    .filter(([, { dialect, paths }]) => fixedPaths.has(dialect) && Object.keys(paths).length > 0)
    .map(([name, { dialect }]) => ({
      path: ['providers', name, 'paths'],
      message: `the ${dialect} dialect has its own paths; put what comes before them into base_url`,
    }));
}

/** A model is served by whichever deployment is free, so each of them must serve all its kinds. */
export function checkDialects(
  name: string,
  model: ParsedModel,
  config: ParsedConfig,
): readonly PlacedProblem[] {
  return model.deployments.flatMap((deployment, index) => {
    const dialect = config.providers[deployment.provider]?.dialect;
    if (dialect === undefined) return [];
    const { kinds } = dialectRules[dialect];
    const missing = model.kinds.filter((kind) => !kinds.includes(kind));
    if (missing.length === 0) return [];
    const message =
      `provider "${deployment.provider}" speaks the ${dialect} dialect, which has no ` +
      `${missing.join(' and no ')}; expected \`kinds\` of the model to be of ${kinds.join(', ')}`;
    return [{ path: ['models', name, 'deployments', index, 'provider'], message }];
  });
}
