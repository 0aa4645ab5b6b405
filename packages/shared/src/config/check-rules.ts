/**
 * Checks the rules of a configuration: names that resolve, weights that weigh something, and, as
 * warnings, rules that can change nothing, because no job can fit them or because earlier ones say
 * it already.
 */
import {
  matchesPattern,
  type RoutingRule,
  type RuleCondition,
  type RuleEffects,
} from '../domain/routing-rule.ts';
import { decideNothing } from '../domain/score-weights.ts';
import { type PlacedProblem, quote } from './placed-problem.ts';
import type { ParsedConfig } from './schema.ts';

/** Mistakes, which keep the configuration from being served. */
export function checkRules(config: ParsedConfig): readonly PlacedProblem[] {
  const names = config.rules.map(({ name }) => name);
  return config.rules.flatMap((rule, index) => {
    const path = ['rules', index];
    const message = `two rules are called "${rule.name}"; give each a name of its own`;
    const twice = names.indexOf(rule.name) !== index ? [{ path: [...path, 'name'], message }] : [];
    return [...twice, ...checkEffects(rule, path, config), ...checkNames(rule.when, path, config)];
  });
}

type Place = PlacedProblem['path'];

function checkEffects(
  { then }: ParsedConfig['rules'][number],
  path: Place,
  config: ParsedConfig,
): readonly PlacedProblem[] {
  const models = Object.keys(config.models);
  const tags = Object.values(config.models).flatMap((model) => model.tags);
  const targets = then.routeTo?.length === 1 ? namesOf(config) : models;
  const check = (key: string, names: readonly string[] = [], known: readonly string[] = models) =>
    names
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: [...path, 'then', key],
        message: `${whatOf(key, names)} ${quote(name, known)}`,
      }));
  const message = 'expected at least one weight above 0';
  return [
    ...(decideNothing(then.weights) ? [{ path: [...path, 'then', 'weights'], message }] : []),
    ...check('route_to', then.routeTo, targets),
    ...check('require_tags', then.requireTags, tags),
    ...check('forbid', then.forbid),
    ...check('avoid', then.avoid),
    ...check('prefer', then.prefer),
  ];
}

function whatOf(key: string, names: readonly string[]): string {
  if (key === 'require_tags') return 'no model has the tag';
  const isOne = key === 'route_to' && names.length === 1;
  return isOne ? 'no model, route or alias is called' : 'no model is called';
}

/** A whole name that nothing has is a slip; the beginning of one may be meant for later. */
function checkNames(
  condition: RuleCondition,
  path: Place,
  config: ParsedConfig,
): readonly PlacedProblem[] {
  const known = namesOf(config);
  return everyPart(condition).flatMap(({ requested = [] }) =>
    requested
      .filter((text) => !text.endsWith('*') && !known.includes(text))
      .map((text) => ({
        path: [...path, 'when'],
        message: `no model, route or alias is called ${quote(text, known)}`,
      })),
  );
}

function namesOf({ models, routes, aliases }: ParsedConfig): readonly string[] {
  return [models, routes, aliases].flatMap((each) => Object.keys(each));
}

/** The condition and all that stand inside of it. */
function everyPart(condition: RuleCondition): readonly RuleCondition[] {
  const { all = [], any = [], not } = condition;
  const inner = [...all, ...any, ...(not === undefined ? [] : [not])];
  return [condition, ...inner.flatMap(everyPart)];
}

/** Rules that are served and change nothing. */
export function warnOfRules(config: ParsedConfig): readonly PlacedProblem[] {
  const rules = config.rules.map(({ name, when, then: effects }) => ({ name, when, effects }));
  return rules.flatMap((rule, index) => {
    const path = ['rules', index];
    if (neverFits(rule.when)) {
      return [{ path: [...path, 'when'], message: `no job can ever fit the rule "${rule.name}"` }];
    }
    const earlier = rules.slice(0, index).filter((each) => holdsWhenever(each.when, rule.when));
    if (!saysNothingNew(rule.effects, earlier)) return [];
    const shadows = earlier.map(({ name }) => `"${name}"`).join(', ');
    return [{ path, message: `the rule "${rule.name}" says nothing that ${shadows} does not` }];
  });
}

/** What has to hold together; of several lists one each. */
function neverFits(condition: RuleCondition): boolean {
  const parts = partsOf(condition);
  const everything = parts.some(
    ({ not }) => not !== undefined && Object.keys(used(not)).length === 0,
  );
  const options = parts.flatMap(({ any }) => (any === undefined ? [] : [any]));
  return (
    everything ||
    contradicts(parts) ||
    options.some((any) => any.every((one) => contradicts([...parts, ...partsOf(one)]))) ||
    parts.some(({ not }) => not !== undefined && parts.some((part) => isSame(plain(part), not)))
  );
}

/** The condition and those under its `all`, at any depth. */
function partsOf(condition: RuleCondition): readonly RuleCondition[] {
  return [condition, ...(condition.all ?? []).flatMap(partsOf)];
}

function plain({ all: _all, any: _any, not: _not, ...fields }: RuleCondition): RuleCondition {
  return fields;
}

function contradicts(parts: readonly RuleCondition[]): boolean {
  const single = ['tenant', 'user', 'kind', 'priority'] as const;
  const ranges = ['inputTokens', 'images'] as const;
  return (
    single.some((field) => excludeEachOther(parts.flatMap((part) => listOf(part[field])))) ||
    ranges.some((field) => {
      const all = parts.flatMap((part) => part[field] ?? []);
      const low = Math.max(...all.map(({ atLeast = 0 }) => atLeast));
      return low > Math.min(...all.map(({ atMost = Number.MAX_SAFE_INTEGER }) => atMost));
    }) ||
    metadataKeys(parts).some((key) =>
      excludeEachOther(parts.flatMap((part) => listOf(part.metadata?.[key]))),
    )
  );
}

function listOf(patterns: readonly string[] | undefined): readonly (readonly string[])[] {
  return patterns === undefined ? [] : [patterns];
}

function metadataKeys(parts: readonly RuleCondition[]): readonly string[] {
  return parts.flatMap(({ metadata = {} }) => Object.keys(metadata));
}

/** Whether two of the lists have nothing in common. */
function excludeEachOther(lists: readonly (readonly string[])[]): boolean {
  return lists.some((left, index) =>
    lists
      .slice(index + 1)
      .some((right) => !left.some((one) => right.some((other) => canBeBoth(one, other)))),
  );
}

function canBeBoth(left: string, right: string): boolean {
  const begin = (pattern: string) => pattern.replace(/\*$/, '');
  return matchesPattern(left, begin(right)) || matchesPattern(right, begin(left));
}

/** Whether what the wider one asks for is a part of what the narrower one asks for. */
function holdsWhenever(wider: RuleCondition, narrower: RuleCondition): boolean {
  const asked = used(narrower);
  return Object.entries(used(wider)).every(
    ([field, value]) => asked[field] !== undefined && isSame(asked[field], value),
  );
}

function used(condition: RuleCondition): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(condition).filter(([, value]) => value !== undefined));
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function saysNothingNew(
  effects: RuleEffects,
  earlier: readonly Omit<RoutingRule, 'when'>[],
): boolean {
  const said = earlier.map((rule) => rule.effects);
  const lists = ['requireTags', 'forbid', 'avoid', 'prefer'] as const;
  const choices = ['routeTo', 'strategy', 'weights'] as const;
  return (
    choices.every((name) => effects[name] === undefined || said.some((each) => each[name])) &&
    lists.every((name) => {
      const before = said.flatMap((each) => each[name] ?? []);
      return (effects[name] ?? []).every((one) => before.includes(one));
    })
  );
}
