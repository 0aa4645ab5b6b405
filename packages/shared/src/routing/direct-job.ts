/**
 * Gathers what has a say about the route of a new job besides its request: the operator's rules,
 * aliases, what the job, its user and its key prefer, what its key gives weight to, its session,
 * and the canary of its route.
 * Pure; made once at intake, see `domain/route-directives.ts`.
 */
import type { Catalog, Route, ScoreWeightChanges } from '../domain/model-catalog.ts';
import type { Preferences } from '../domain/preferences.ts';
import type { RouteAim, RouteDirectives } from '../domain/route-directives.ts';
import { type AppliedRules, applyRules, type RuleFacts } from './apply-rules.ts';
import { canaryFor } from './canary.ts';
import { resolveAlias } from './resolve-alias.ts';

export interface DirectInput {
  readonly catalog: Catalog;
  /** What the caller named, see `PlanRequest`. */
  readonly named: RouteAim;
  readonly facts: Omit<RuleFacts, 'requested'>;
  readonly wishes: JobWishes;
  /** What a job that is tried again was bound to, whatever is known of its caller now. */
  readonly boundTo?: BoundTo | undefined;
  /** Decides whether the canary is tried, for a job without a session: the job's id. */
  readonly drawText: string;
  /** Whether nothing may be tried out, because money runs short. */
  readonly savesMoney: boolean;
  /** The store's time. */
  readonly nowMs: number;
}

/** What rules have ruled out for a job. */
export type BoundTo = Pick<RouteDirectives, 'requireTags' | 'forbidModels'>;

/** What is wanted for a job; the first that names a model has the last word about it. */
export interface JobWishes {
  readonly ofJob?: Preferences | undefined;
  readonly ofUser?: Preferences | undefined;
  readonly ofKey?: Preferences | undefined;
  /** What the parts of a score weigh for the key. */
  readonly weightsOfKey?: ScoreWeightChanges | undefined;
  readonly session?: string | undefined;
  /** The model that the session stays with. */
  readonly pinned?: string | undefined;
}

/** `undefined` when nothing has a say, as for most jobs. */
export function directJob(input: DirectInput): RouteDirectives | undefined {
  const { catalog, named, wishes } = input;
  const names = named.models.length > 0 ? named.models : [named.requested];
  const rules = applyRules(catalog.rules, { ...input.facts, requested: names });
  const parts = [
    boundBy(rules, input.boundTo),
    aimAt(input, rules.routeTo ?? names),
    preferencesOf(input, rules),
  ];
  const aim = parts[1]?.directives.target ?? named;
  const route = aim.models.length > 0 ? undefined : catalog.routes.get(aim.requested);
  const all =
    route === undefined
      ? parts
      : [...parts, weighedByKey(input, rules), sessionOf(input), canaryOf(input, route)];
  const because = all.flatMap((part) => part.because);
  const staysSomewhere = route !== undefined && wishes.session !== undefined;
  if (because.length === 0 && !staysSomewhere) return undefined;
  return Object.assign({}, ...all.map((part) => part.directives), { because });
}

interface Part {
  readonly directives: Omit<RouteDirectives, 'because'>;
  readonly because: readonly string[];
}

const nothing: Part = { directives: {}, because: [] };

/** @param names what is to be planned; aliases among them are resolved */
function aimAt({ catalog, named, nowMs }: DirectInput, names: readonly string[]): Part {
  if (catalog.aliases.size === 0 && names.join(',') === named.requested) return nothing;
  const resolved = names.map((name) => ({ name, model: resolveAlias(catalog, name, nowMs) }));
  const aliases = resolved.filter(({ name, model }) => name !== model);
  const models = [...new Set(resolved.map(({ model }) => model))];
  const requested = models.join(',');
  if (requested === named.requested) return nothing;
  return {
    directives: {
      target: { requested, models: names.length > 1 ? models : [] },
      ...(aliases.length === 0
        ? {}
        : { aliases: Object.fromEntries(aliases.map(({ name, model }) => [model, name])) }),
    },
    because: aliases.map(({ name, model }) => `alias ${name} → ${model}`),
  };
}

function boundBy(rules: AppliedRules, first: BoundTo = {}): Part {
  const { strategy, weights } = rules;
  const requireTags = united(rules.requireTags, first.requireTags);
  const forbidModels = united(rules.forbid, first.forbidModels);
  const because = rules.names.map((name) => `rule ${name}`);
  const isBoundBefore = (first.requireTags ?? first.forbidModels) !== undefined;
  return {
    directives: {
      ...(requireTags.length === 0 ? {} : { requireTags }),
      ...(forbidModels.length === 0 ? {} : { forbidModels }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(weights === undefined ? {} : { weights }),
    },
    because: isBoundBefore ? [...because, 'rules of the first try'] : because,
  };
}

function united(left: readonly string[] = [], right: readonly string[] = []): readonly string[] {
  return [...new Set([...left, ...right])];
}

/** Rules before the job, the job before its user, the user before the key. */
function preferencesOf(
  { catalog, wishes, nowMs }: DirectInput,
  { prefer = [], avoid = [] }: AppliedRules,
): Part {
  const given = [wishes.ofJob, wishes.ofUser, wishes.ofKey, { prefer, avoid }];
  if (given.every((each) => (each?.prefer.length ?? 0) + (each?.avoid.length ?? 0) === 0)) {
    return nothing;
  }
  const resolve = (name: string): string => resolveAlias(catalog, name, nowMs);
  const preferred: string[] = [];
  const avoided: string[] = [];
  const because: string[] = [];
  const settled = new Set<string>();
  const layers = [
    ['', { prefer, avoid }],
    ['the job', wishes.ofJob],
    ['the user', wishes.ofUser],
    ['the key', wishes.ofKey],
  ] as const;
  for (const [whose, layer] of layers) {
    const open = (names: readonly string[] = []) =>
      [...new Set(names.map(resolve))].filter((name) => !settled.has(name));
    const wanted = open(layer?.prefer);
    const unwanted = open(layer?.avoid).filter((name) => !wanted.includes(name));
    preferred.push(...wanted);
    avoided.push(...unwanted);
    for (const name of [...wanted, ...unwanted]) settled.add(name);
    if (whose !== '' && wanted.length + unwanted.length > 0) because.push(`wishes of ${whose}`);
  }
  return {
    directives: {
      ...(preferred.length === 0 ? {} : { preferModels: preferred }),
      ...(avoided.length === 0 ? {} : { avoidModels: avoided }),
    },
    because,
  };
}

/** Nearer than rules, and so is the strategy that uses them. A list has an order of its own. */
function weighedByKey({ wishes: { weightsOfKey } }: DirectInput, rules: AppliedRules): Part {
  if (weightsOfKey === undefined) return nothing;
  const weights = { ...rules.weights, ...weightsOfKey };
  return { directives: { strategy: 'balanced', weights }, because: ['weights of the key'] };
}

/** Who names models has chosen already: only jobs of routes have a session and a canary. */
function sessionOf({ wishes: { session, pinned } }: DirectInput): Part {
  if (session === undefined) return nothing;
  if (pinned === undefined) return { directives: { session }, because: [] };
  return { directives: { session, stickTo: pinned }, because: [`session stays with ${pinned}`] };
}

/** While money runs short nothing is tried out. */
function canaryOf({ wishes, drawText, savesMoney }: DirectInput, route: Route): Part {
  const model = savesMoney ? undefined : canaryFor(route, wishes.session ?? drawText);
  if (model === undefined) return nothing;
  return { directives: { leadWith: model }, because: [`canary ${model}`] };
}
