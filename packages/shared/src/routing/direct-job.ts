/**
 * Gathers what has a say about the route of a new job besides its request: the operator's rules,
 * aliases. Pure; made once at intake, see `domain/route-directives.ts`.
 */
import type { Catalog } from '../domain/model-catalog.ts';
import type { RouteAim, RouteDirectives } from '../domain/route-directives.ts';
import { type AppliedRules, applyRules, type RuleFacts } from './apply-rules.ts';
import { resolveAlias } from './resolve-alias.ts';

export interface DirectInput {
  readonly catalog: Catalog;
  /** What the caller named, see `PlanRequest`. */
  readonly named: RouteAim;
  readonly facts: Omit<RuleFacts, 'requested'>;
  /** The store's time. */
  readonly nowMs: number;
}

/** `undefined` when nothing has a say, as for most jobs. */
export function directJob(input: DirectInput): RouteDirectives | undefined {
  const { catalog, named } = input;
  const names = named.models.length > 0 ? named.models : [named.requested];
  const rules = applyRules(catalog.rules, { ...input.facts, requested: names });
  const aim = aimAt(input, rules.routeTo ?? names);
  const because = [...rules.names.map((name) => `rule ${name}`), ...aim.because];
  if (because.length === 0) return undefined;
  return { ...aim.directives, ...effectsOf(rules), because };
}

interface Aimed {
  readonly directives: Pick<RouteDirectives, 'target' | 'aliases'>;
  readonly because: readonly string[];
}

/** @param names what is to be planned; aliases among them are resolved */
function aimAt({ catalog, named, nowMs }: DirectInput, names: readonly string[]): Aimed {
  const resolved = names.map((name) => ({ name, model: resolveAlias(catalog, name, nowMs) }));
  const aliases = resolved.filter(({ name, model }) => name !== model);
  const models = [...new Set(resolved.map(({ model }) => model))];
  const requested = models.join(',');
  if (requested === named.requested) return { directives: {}, because: [] };
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

function effectsOf(rules: AppliedRules): Partial<RouteDirectives> {
  const { requireTags = [], forbid = [], avoid = [], prefer = [], strategy } = rules;
  return {
    ...(requireTags.length === 0 ? {} : { requireTags }),
    ...(forbid.length === 0 ? {} : { forbidModels: forbid }),
    ...(avoid.length === 0 ? {} : { avoidModels: avoid }),
    ...(prefer.length === 0 ? {} : { preferModels: prefer }),
    ...(strategy === undefined ? {} : { strategy }),
  };
}
