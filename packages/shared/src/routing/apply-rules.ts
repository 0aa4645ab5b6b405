/**
 * Holds a job against the operator's rules. Pure.
 *
 *  L1. Every rule that fits has its say: no rule keeps another from being read.
 *  L2. What rules out, avoids or prefers adds up, so that a rule about the law cannot be lost
 *      behind one about taste. What can only be one thing (target, strategy, weights), the first
 *      says.
 *  L3. A rule sees the job, its tenant, its key and the headers that rules name, and nothing of
 *      anybody else.
 */

import { priorityClass } from '../domain/priority.ts';
import type { RequestFeatures } from '../domain/route-plan.ts';
import {
  matchesPattern,
  type NumberRange,
  type RoutingRule,
  type RuleCondition,
  type RuleEffects,
  type TextPattern,
} from '../domain/routing-rule.ts';

/** What rules can see of a job. */
export interface RuleFacts {
  readonly tenant: string;
  /** The API key's public id, and that of the key that it follows. */
  readonly keyIds: readonly string[];
  readonly user: string | undefined;
  /** The name or the names that the caller gave. */
  readonly requested: readonly string[];
  readonly features: RequestFeatures;
  readonly priority: number;
  readonly deadlineInMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Every occurrence of a header of the request, by its name in lower case. */
  readonly headers: (name: string) => readonly string[];
}

/** What the rules that fit say together. */
export interface AppliedRules extends RuleEffects {
  /** Names of the rules, in their order. */
  readonly names: readonly string[];
}

const noneFits: AppliedRules = { names: [] };

export function applyRules(rules: readonly RoutingRule[], facts: RuleFacts): AppliedRules {
  const fitting = rules.filter((rule) => fits(rule.when, facts));
  // As for most jobs, which are not to pay for what others use.
  if (fitting.length === 0) return noneFits;
  const effects = fitting.map((rule) => rule.effects);
  return {
    names: fitting.map(({ name }) => name),
    routeTo: firstOf(effects, 'routeTo'),
    strategy: firstOf(effects, 'strategy'),
    weights: firstOf(effects, 'weights'),
    requireTags: together(effects, 'requireTags'),
    forbid: together(effects, 'forbid'),
    avoid: together(effects, 'avoid'),
    prefer: together(effects, 'prefer'),
  };
}

function firstOf<Name extends 'routeTo' | 'strategy' | 'weights'>(
  effects: readonly RuleEffects[],
  name: Name,
): RuleEffects[Name] {
  return effects.find((each) => each[name] !== undefined)?.[name];
}

function together(
  effects: readonly RuleEffects[],
  name: 'requireTags' | 'forbid' | 'avoid' | 'prefer',
): readonly string[] {
  return [...new Set(effects.flatMap((each) => each[name] ?? []))];
}

type Test = (condition: RuleCondition, facts: RuleFacts) => boolean;

const tests: readonly Test[] = [
  ({ tenant }, facts) => matches(tenant, [facts.tenant]),
  ({ key }, facts) => matches(key, facts.keyIds),
  ({ user }, facts) => matches(user, facts.user === undefined ? [] : [facts.user]),
  ({ requested }, facts) => matches(requested, facts.requested),
  ({ kind }, facts) => kind?.includes(facts.features.kind) ?? true,
  ({ priority }, facts) => priority?.includes(priorityClass(facts.priority)) ?? true,
  ({ metadata = {} }, facts) =>
    Object.entries(metadata).every(([name, patterns]) =>
      matches(patterns, Object.hasOwn(facts.metadata, name) ? [facts.metadata[name] ?? ''] : []),
    ),
  ({ headers = {} }, facts) =>
    Object.entries(headers).every(([name, patterns]) => matches(patterns, facts.headers(name))),
  ({ task }, { features }) => isOneOf(task, features.task?.class),
  ({ complexity }, { features }) => isOneOf(complexity, features.task?.complexity),
  ({ needs = [] }, facts) => needs.every((need) => facts.features.needs.includes(need)),
  ({ inputTokens }, facts) => isWithin(inputTokens, facts.features.inputTokensEstimate),
  ({ images }, facts) => isWithin(images, facts.features.imageCount),
  ({ deadlineWithinMs }, facts) => isWithin({ atMost: deadlineWithinMs }, facts.deadlineInMs),
  ({ all = [] }, facts) => all.every((condition) => fits(condition, facts)),
  ({ any }, facts) => any?.some((condition) => fits(condition, facts)) ?? true,
  ({ not }, facts) => not === undefined || !fits(not, facts),
];

function fits(condition: RuleCondition, facts: RuleFacts): boolean {
  return tests.every((test) => test(condition, facts));
}

function matches(patterns: readonly TextPattern[] | undefined, texts: readonly string[]): boolean {
  return patterns?.some((pattern) => texts.some((text) => matchesPattern(pattern, text))) ?? true;
}

function isOneOf<Word>(words: readonly Word[] | undefined, word: Word | undefined): boolean {
  return words === undefined || (word !== undefined && words.includes(word));
}

function isWithin(range: NumberRange | undefined, value: number): boolean {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = range ?? {};
  return atLeast <= value && value <= atMost;
}
