/**
 * The budgets of all tenants as the text that stands in the store and, for the scripts, on each
 * shard. Amounts and the version are text, and a calendar budget carries the ends of its coming
 * windows, as in `terms-codec.ts`.
 */
import { windowEnds } from '../budgets/window-ends.ts';
import { type BudgetPeriod, parseBudgetId } from '../domain/budget.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { GlobalBudget, GlobalTerms } from '../domain/global-budget.ts';

interface StoredBudget {
  readonly id: string;
  readonly limit: string;
  readonly short: GlobalBudget['whenShort'];
  readonly kind: GlobalBudget['window']['kind'];
  readonly period?: BudgetPeriod;
  readonly zone?: string;
  /** Ends of the coming windows in Unix milliseconds. */
  readonly ends?: readonly number[];
  readonly created: number;
}

interface StoredTerms {
  readonly version: string;
  readonly budgets: readonly StoredBudget[];
}

/** @param nowMs server time, from which on windows are written down. */
export function encodeGlobalTerms({ version, budgets }: GlobalTerms, nowMs: number): string {
  const stored: StoredTerms = {
    version: String(version),
    budgets: budgets.map((budget) => encodeBudget(budget, nowMs)),
  };
  return JSON.stringify(stored);
}

/** @param text as stored; empty before anything was. */
export function decodeGlobalTerms(text: string): GlobalTerms {
  if (text === '') return { version: 0, budgets: [] };
  // Written by the function above alone.
  const stored = JSON.parse(text) as StoredTerms;
  return { version: Number(stored.version), budgets: stored.budgets.map(decodeBudget) };
}

function encodeBudget(budget: GlobalBudget, nowMs: number): StoredBudget {
  const { id, window, limitNanoUsd, whenShort, createdAtMs } = budget;
  const common = {
    id,
    limit: limitNanoUsd.toString(),
    short: whenShort,
    created: createdAtMs,
  };
  if (window.kind === 'total') return { ...common, kind: 'total' };
  const { period, timeZone } = window;
  return {
    ...common,
    kind: 'calendar',
    period,
    zone: timeZone,
    ends: windowEnds(period, timeZone, nowMs),
  };
}

function decodeBudget(stored: StoredBudget): GlobalBudget {
  return {
    id: parseBudgetId(stored.id) ?? damaged(),
    window: decodeWindow(stored),
    limitNanoUsd: BigInt(stored.limit),
    whenShort: stored.short,
    createdAtMs: stored.created,
  };
}

function decodeWindow({ kind, period, zone }: StoredBudget): GlobalBudget['window'] {
  if (kind === 'total') return { kind };
  return { kind, period: period ?? damaged(), timeZone: zone ?? damaged() };
}

function damaged(): never {
  throw new ForebayError('internal', 'The global budgets in the store cannot be read.');
}
