/** Whether providers are spoken to in a way that can work. */
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

/** One way to show the key, and for a signature the secret that makes it. */
export function checkAuth(
  name: string,
  { auth, api_key_env: keyName }: ParsedConfig['providers'][string],
): readonly PlacedProblem[] {
  if (typeof auth !== 'object') return [];
  const path = ['providers', name, 'auth'];
  const { header, sigv4 } = auth;
  if ((header === undefined) === (sigv4 === undefined)) {
    return [{ path, message: 'expected `header` or `sigv4`, one of them' }];
  }
  if (sigv4 === undefined || keyName !== undefined) return [];
  const message = 'sigv4 needs `api_key_env`, the variable with the secret access key';
  return [{ path, message }];
}
