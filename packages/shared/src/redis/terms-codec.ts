/**
 * The terms of a tenant as the text that stands in the store. The scripts read it too: amounts are
 * text, because Lua's numbers lose digits, and a calendar budget carries the ends of its coming
 * windows, because scripts know no time zones.
 */
import { windowEnds } from '../budgets/window-ends.ts';
import type { Budget, BudgetFigures, BudgetPeriod, BudgetSubject } from '../domain/budget.ts';
import { parseBudgetId } from '../domain/budget.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { TenantId } from '../domain/ids.ts';
import { noTerms, type TenantTerms } from '../domain/tenant-terms.ts';

/** A rolling window moves on in as many steps; `include/money.lua` says the same. */
const rollingSteps = 60;

const rollingMs = {
  day: 24 * 3_600_000,
  month: 30 * 24 * 3_600_000,
} as const satisfies Record<BudgetPeriod, number>;

interface StoredBudget {
  readonly id: string;
  readonly subject: string;
  readonly limit: string;
  readonly short: Budget['whenShort'];
  readonly kind: Budget['window']['kind'];
  readonly period?: BudgetPeriod;
  readonly zone?: string;
  /** Of a calendar budget: ends of its coming windows in Unix milliseconds. */
  readonly ends?: readonly number[];
  /** Of a rolling budget: milliseconds of one step. */
  readonly step?: number;
  readonly created: number;
}

interface StoredTerms {
  readonly version: number;
  readonly paused: boolean;
  readonly stopped?: string;
  readonly budgets: readonly StoredBudget[];
  readonly in_flight: readonly { readonly subject: string; readonly max: number }[];
}

/** @param nowMs server time, from which on windows are written down. */
export function encodeTerms(terms: TenantTerms, nowMs: number): string {
  const stored: StoredTerms = {
    version: terms.version,
    paused: terms.paused,
    ...(terms.stopped === undefined ? {} : { stopped: terms.stopped }),
    budgets: terms.budgets.map((budget) => encodeBudget(budget, nowMs)),
    in_flight: terms.inFlight.map(({ subject, max }) => ({ subject: subjectText(subject), max })),
  };
  return JSON.stringify(stored);
}

/** @param text as stored; empty for a tenant without terms. */
export function decodeTerms(text: string): TenantTerms {
  if (text === '') return noTerms;
  // Written by the function above alone.
  const stored = JSON.parse(text) as StoredTerms;
  return {
    version: stored.version,
    paused: stored.paused,
    stopped: stored.stopped,
    budgets: stored.budgets.map(decodeBudget),
    inFlight: stored.in_flight.map(({ subject, max }) => ({ subject: readSubject(subject), max })),
  };
}

function encodeBudget(budget: Budget, nowMs: number): StoredBudget {
  const { id, subject, window, limitNanoUsd, whenShort, createdAtMs } = budget;
  const common = {
    id,
    subject: subjectText(subject),
    limit: limitNanoUsd.toString(),
    short: whenShort,
    created: createdAtMs,
  };
  switch (window.kind) {
    case 'total':
      return { ...common, kind: 'total' };
    case 'rolling':
      return { ...common, kind: 'rolling', period: window.period, step: stepMs(window.period) };
    case 'calendar': {
      const { period, timeZone } = window;
      const ends = windowEnds(period, timeZone, nowMs);
      return { ...common, kind: 'calendar', period, zone: timeZone, ends };
    }
  }
}

function decodeBudget(stored: StoredBudget): Budget {
  return {
    id: parseBudgetId(stored.id) ?? damaged(),
    subject: readSubject(stored.subject),
    window: decodeWindow(stored),
    limitNanoUsd: BigInt(stored.limit),
    whenShort: stored.short,
    createdAtMs: stored.created,
  };
}

function decodeWindow({ kind, period, zone }: StoredBudget): Budget['window'] {
  if (kind === 'total') return { kind };
  if (period === undefined) return damaged();
  return kind === 'rolling' ? { kind, period } : { kind, period, timeZone: zone ?? damaged() };
}

function subjectText(subject: BudgetSubject): string {
  return subject.kind === 'tenant' ? 'tenant' : `key:${subject.keyId}`;
}

function readSubject(text: string): BudgetSubject {
  return text === 'tenant' ? { kind: 'tenant' } : { kind: 'key', keyId: text.slice(4) };
}

/** What stands in a budget's account, read at one moment. */
export interface AccountSnapshot {
  readonly tenant: TenantId;
  /** Server time in Unix milliseconds. */
  readonly nowMs: number;
  readonly fields: ReadonlyMap<string, string>;
}

/** Sums an account up over the budget's present window. */
export function readFigures(budget: Budget, snapshot: AccountSnapshot): BudgetFigures {
  const { renewsAtMs, holds } = presentWindow(budget, snapshot.nowMs);
  const sums = { reserved: 0n, spent: 0n, unknown: 0n };
  for (const [field, value] of snapshot.fields) {
    const [window = '', what = ''] = field.split(':');
    if (isSum(what) && holds(window)) sums[what] += BigInt(value);
  }
  return { tenant: snapshot.tenant, budget, renewsAtMs, ...sums };
}

function isSum(what: string): what is 'reserved' | 'spent' | 'unknown' {
  return what === 'reserved' || what === 'spent' || what === 'unknown';
}

interface PresentWindow {
  readonly renewsAtMs: number | undefined;
  /** Whether money under a window's name counts now; the names are those of `window_of`. */
  readonly holds: (name: string) => boolean;
}

function presentWindow({ window }: Budget, nowMs: number): PresentWindow {
  switch (window.kind) {
    case 'total':
      return { renewsAtMs: undefined, holds: (name) => name === 'all' };
    case 'calendar': {
      const [end = 0] = windowEnds(window.period, window.timeZone, nowMs);
      return { renewsAtMs: end, holds: (name) => name === String(end) };
    }
    case 'rolling': {
      const length = stepMs(window.period);
      const step = Math.floor(nowMs / length);
      const holds = (name: string): boolean => Number(name) >= step - rollingSteps;
      return { renewsAtMs: (step + 1) * length, holds };
    }
  }
}

function stepMs(period: BudgetPeriod): number {
  return rollingMs[period] / rollingSteps;
}

function damaged(): never {
  throw new ForebayError('internal', 'The terms of a tenant in the store cannot be read.');
}
