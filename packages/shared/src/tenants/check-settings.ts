/**
 * What is wrong with the settings of a key or a tenant, whoever gives them: the commands and the
 * admin API name the fields alike.
 */
import { type ErrorDetail, ForebayError } from '../domain/forebay-error.ts';
import { limits } from '../domain/limits.ts';
import type { ScoreWeightChanges } from '../domain/model-catalog.ts';
import { ceilingNanoUsdMax, formatUsd, type NanoUsd } from '../domain/money.ts';
import { parseNetwork } from '../domain/network.ts';
import { priorityNames } from '../domain/priority.ts';
import { decideNothing, scoreWeightMax } from '../domain/score-weights.ts';
import type { TenantSettings } from '../domain/tenant.ts';
import type { KeySettings } from '../ports/key-store.ts';
import type { InFlightChange } from './in-flight.ts';

/** What is checked beside the settings themselves. */
export interface KeyCheck {
  readonly inFlight?: InFlightChange | undefined;
  /** The key's end must be later; `undefined` for an end that stands already. */
  readonly endsAfterMs?: number | undefined;
}

/** @throws ForebayError `invalid_request` with every problem. */
export function requireKeySettings(settings: KeySettings, beside: KeyCheck = {}): void {
  refuse([
    textProblem('label', settings.label, limits.keyLabelCharactersMax),
    check('scopes', settings.scopes.length > 0, 'expected at least one scope'),
    endProblem(settings.expiresAtMs, beside.endsAfterMs),
    check(
      'models',
      settings.models === undefined || isModelList(settings.models),
      `expected 1 to ${limits.keyModelsMax} names of models or routes, or none for all`,
    ),
    preferenceProblem('preferred_models', settings.preferredModels),
    preferenceProblem('avoided_models', settings.avoidedModels),
    ...weightProblems(settings.weights),
    wholeProblem('most_urgent_priority', settings.priorityMin, [0, priorityNames.bulk]),
    ...ceilingProblems(settings),
    check(
      'source_cidrs',
      settings.sourceCidrs.length <= limits.keyCidrsMax &&
        settings.sourceCidrs.every((text) => parseNetwork(text) !== undefined),
      `expected at most ${limits.keyCidrsMax} networks such as 203.0.113.0/24 or 2001:db8::/32`,
    ),
    wholeProblem('requests_per_minute', settings.requestsPerMinute, [
      1,
      limits.requestsPerMinuteMax,
    ]),
    wholeProblem('max_queued_jobs', settings.queuedMax, [1, limits.queuedJobsMax]),
    inFlightProblem(beside.inFlight),
  ]);
}

/** @throws ForebayError `invalid_request` with every problem. */
export function requireTenantSettings(settings: TenantSettings, inFlight?: InFlightChange): void {
  refuse([
    textProblem('name', settings.name, limits.tenantNameCharactersMax),
    ...ceilingProblems(settings),
    wholeProblem('brownout_percent', settings.brownoutPercent, [1, 100]),
    inFlightProblem(inFlight),
  ]);
}

type Problem = ErrorDetail | undefined;

function refuse(problems: readonly Problem[]): void {
  const errors = problems.filter((problem) => problem !== undefined);
  const [first] = errors;
  if (first === undefined) return;
  const param = first.pointer.slice(1);
  throw new ForebayError('invalid_request', `"${param}": ${first.detail}.`, { param, errors });
}

function check(field: string, holds: boolean, detail: string): Problem {
  return holds ? undefined : { pointer: `/${field}`, code: 'invalid_value', detail };
}

function textProblem(field: string, text: string, charactersMax: number): Problem {
  const fits = text.length <= charactersMax && /^[^\p{Cc}\p{Cs}]*$/u.test(text);
  return check(
    field,
    fits,
    `expected text of at most ${charactersMax} characters, without control characters`,
  );
}

function wholeProblem(
  field: string,
  value: number | undefined,
  [min, max]: readonly [number, number],
): Problem {
  const fits = value === undefined || (Number.isInteger(value) && value >= min && value <= max);
  return check(field, fits, `expected a whole number from ${min} to ${max}`);
}

function inFlightProblem(change: InFlightChange | undefined): Problem {
  return wholeProblem('max_in_flight', change?.max, [1, limits.inFlightMax]);
}

/** The last time that JavaScript knows. */
const timeMsMax = 8.64e15;

/** What is no time would be written as no end at all, and the key would live for ever. */
function endProblem(endsAtMs: number | undefined, afterMs = 0): Problem {
  const fits =
    endsAtMs === undefined ||
    (Number.isInteger(endsAtMs) && endsAtMs > afterMs && endsAtMs <= timeMsMax);
  return check('expires_at', fits, 'expected a time to come; to end a key at once, revoke it');
}

interface Ceilings {
  readonly ceilingDefault: NanoUsd | undefined;
  readonly ceilingMax: NanoUsd | undefined;
}

function ceilingProblems({ ceilingDefault, ceilingMax }: Ceilings): readonly Problem[] {
  const expected = `expected an amount above 0 and up to ${formatUsd(ceilingNanoUsdMax)} USD`;
  const fits = (amount: NanoUsd | undefined): boolean =>
    amount === undefined || (amount > 0n && amount <= ceilingNanoUsdMax);
  return [
    check('default_ceiling_usd', fits(ceilingDefault), expected),
    check('max_ceiling_usd', fits(ceilingMax), expected),
    check(
      'default_ceiling_usd',
      ceilingDefault === undefined || ceilingMax === undefined || ceilingDefault <= ceilingMax,
      'expected at most max_ceiling_usd',
    ),
  ];
}

function preferenceProblem(field: string, names: readonly string[]): Problem {
  const isShort = names.length <= limits.preferredModelsMax;
  const fits = isShort && new Set(names).size === names.length && isModelNames(names);
  const expected = `expected at most ${limits.preferredModelsMax} different names of models`;
  return check(field, fits, expected);
}

function weightProblems(weights: ScoreWeightChanges = {}): readonly Problem[] {
  const fits = Object.values(weights).every((value = 0) => value >= 0 && value <= scoreWeightMax);
  const weighs = !decideNothing(weights);
  return [
    check('weights', fits, `expected numbers from 0 to ${scoreWeightMax}`),
    check('weights', weighs, 'expected at least one weight above 0'),
  ];
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

function isModelList(models: readonly string[]): boolean {
  const isShort = models.length > 0 && models.length <= limits.keyModelsMax;
  return isShort && isModelNames(models);
}

function isModelNames(names: readonly string[]): boolean {
  return names.every((name) => namePattern.test(name));
}
