/**
 * A rule of the operator: for which jobs it holds, and what it says about their route. Read from
 * the configuration, applied by `routing/apply-rules.ts`.
 */
import type { Capability, JobKind, RouteStrategy, ScoreWeightChanges } from './model-catalog.ts';
import type { PriorityClass } from './priority.ts';
import type { Complexity, TaskClass } from './task-class.ts';

/** A text as it is, or with `*` at its end the beginning of one. */
export type TextPattern = string;

export interface NumberRange {
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/** Holds when all of it holds; of several patterns or words one has to fit. */
export interface RuleCondition {
  readonly tenant?: readonly TextPattern[] | undefined;
  /** Public id of the API key, or of the one that it follows after rotations. */
  readonly key?: readonly TextPattern[] | undefined;
  readonly user?: readonly TextPattern[] | undefined;
  /** The model, route or alias as the caller wrote it; of a list each name counts. */
  readonly requested?: readonly TextPattern[] | undefined;
  readonly kind?: readonly JobKind[] | undefined;
  readonly priority?: readonly PriorityClass[] | undefined;
  readonly metadata?: Readonly<Record<string, readonly TextPattern[]>> | undefined;
  /** Names in lower case; no header that no rule names is ever read. */
  readonly headers?: Readonly<Record<string, readonly TextPattern[]>> | undefined;
  /** The task that the prompt was taken for; none when it was not looked at. */
  readonly task?: readonly TaskClass[] | undefined;
  readonly complexity?: readonly Complexity[] | undefined;
  /** All of them. */
  readonly needs?: readonly Capability[] | undefined;
  /** As estimated. */
  readonly inputTokens?: NumberRange | undefined;
  readonly images?: NumberRange | undefined;
  /** The deadline is at most as far away. */
  readonly deadlineWithinMs?: number | undefined;
  readonly all?: readonly RuleCondition[] | undefined;
  readonly any?: readonly RuleCondition[] | undefined;
  readonly not?: RuleCondition | undefined;
}

export interface RuleEffects {
  /** A model, a route or an alias; several are models in order. */
  readonly routeTo?: readonly string[] | undefined;
  readonly requireTags?: readonly string[] | undefined;
  readonly forbid?: readonly string[] | undefined;
  readonly avoid?: readonly string[] | undefined;
  readonly prefer?: readonly string[] | undefined;
  readonly strategy?: RouteStrategy | undefined;
  readonly weights?: ScoreWeightChanges | undefined;
}

export interface RoutingRule {
  readonly name: string;
  readonly when: RuleCondition;
  readonly effects: RuleEffects;
}

/** Whether a text is one of those that a pattern stands for. */
export function matchesPattern(pattern: TextPattern, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
