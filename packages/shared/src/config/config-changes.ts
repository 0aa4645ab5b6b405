/**
 * What differs between two configurations, as paths. Values are shown only where they cannot be a
 * secret: numbers, switches, and a few words of ours. Addresses and headers can hold credentials,
 * so of those it is only said that they changed.
 */
import type { ConfigChange } from '../domain/config-change.ts';
import type { Model } from '../domain/model-catalog.ts';
import type { PriceRow } from '../domain/price-row.ts';
import type { ForebayConfig } from './load-config.ts';

/** Between the steps of a path; a dot may stand in a name, such as that of a model. */
const stepEnd = '\n';

/** A configuration with thousands of models must not flood a log. */
const changesMax = 200;

export function configChanges(before: ForebayConfig, after: ForebayConfig): ConfigChange[] {
  const left = leavesOf(viewOf(before));
  const right = leavesOf(viewOf(after));
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  const changes = paths.flatMap((path) => changeAt(path, left.get(path), right.get(path)));
  return withoutInner(changes)
    .slice(0, changesMax)
    .map((change) => ({ ...change, path: change.path.replaceAll(stepEnd, '.') }));
}

/** A plain tree in which lists of deployments go by their names. */
function viewOf(config: ForebayConfig): object {
  const { catalog, defaults, promotion, webhooks, usage, tasks, learning } = config;
  return {
    providers: Object.fromEntries(catalog.providers),
    models: Object.fromEntries(
      [...catalog.models].map(([name, model]) => [name, modelView(model)]),
    ),
    routes: Object.fromEntries(catalog.routes),
    aliases: Object.fromEntries(catalog.aliases),
    // What a rule looks for can be somebody's name, so it is only said that it changed.
    rules: Object.fromEntries(catalog.rules.map(({ name, ...rule }) => [name, asText(rule)])),
    defaults,
    promotion,
    webhooks,
    usage,
    tasks,
    learning,
  };
}

function modelView(model: Model): object {
  const deployments = model.deployments.map(({ id, provider, price, ...settings }) => [
    id.slice(model.name.length + 1),
    { ...settings, provider: provider.name, price: priceView(price) },
  ]);
  return { ...model, deployments: Object.fromEntries(deployments) };
}

/** Without the id, which only repeats that something changed. */
function priceView({ tiers, ...price }: PriceRow): object {
  const bySize = tiers.map(({ aboveInputTokens, ...rates }) => [
    `above ${aboveInputTokens}`,
    rates,
  ]);
  return { ...price, id: undefined, tiers: Object.fromEntries(bySize) };
}

/** Every path with its value as text; a mapping stands there too, as a place that exists. */
function leavesOf(tree: object, prefix = ''): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix === '' ? key : `${prefix}${stepEnd}${key}`;
    if (isMapping(value)) {
      leaves.set(path, mapping);
      for (const [inner, leaf] of leavesOf(value, path)) leaves.set(inner, leaf);
    } else if (value !== undefined) {
      leaves.set(path, value);
    }
  }
  return leaves;
}

const mapping = Symbol('mapping');

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function changeAt(path: string, from: unknown, to: unknown): ConfigChange[] {
  if (from === undefined) return [{ path, change: 'added', from: undefined, to: shown(path, to) }];
  if (to === undefined) {
    return [{ path, change: 'removed', from: shown(path, from), to: undefined }];
  }
  if (asText(from) === asText(to)) return [];
  return [{ path, change: 'changed', from: shown(path, from), to: shown(path, to) }];
}

/** What stands inside of something that came or went says nothing more. */
function withoutInner(changes: readonly ConfigChange[]): ConfigChange[] {
  const whole = changes.filter(({ change }) => change !== 'changed').map(({ path }) => path);
  const outer = new Set(whole);
  return changes.filter(({ path }) => {
    const steps = path.split(stepEnd);
    return !steps.some((_, index) => index > 0 && outer.has(steps.slice(0, index).join(stepEnd)));
  });
}

/** Settings whose words are ours or names of the configuration itself. */
const plainWords: readonly string[] = [
  'strategy',
  'fallbacks',
  'contextFallbacks',
  'contentFallbacks',
  'targets',
  'kinds',
  'capabilities',
  'tags',
  'provider',
  'outputCapField',
  'upstreamModel',
  'versions',
  'replacedBy',
];

function shown(path: string, value: unknown): string | undefined {
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return String(value);
  const setting = path.slice(path.lastIndexOf(stepEnd) + 1);
  return plainWords.includes(setting) ? asText(value) : undefined;
}

function asText(value: unknown): string {
  if (value === mapping) return 'mapping';
  return typeof value === 'string' || typeof value === 'bigint'
    ? String(value)
    : JSON.stringify(value);
}
