/** Holds what a job asks for against what its key and its tenant allow. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { formatUsd, type NanoUsd } from '@forebay/shared/domain/money';
import { priorityNames } from '@forebay/shared/domain/priority';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';

type CeilingGrants = Pick<IntakeGrants, 'ceilingDefault' | 'ceilingMax'>;

/**
 * The job's own ceiling, else the key's default, the tenant's or the configuration's, in this
 * order and never above what is allowed.
 *
 * @throws ForebayError `forbidden` for a ceiling that is not allowed.
 */
export function grantedCeiling(
  asked: NanoUsd | undefined,
  grants: CeilingGrants,
  configured: NanoUsd,
): NanoUsd {
  if (asked !== undefined) {
    requireCeiling(asked, grants);
    return asked;
  }
  const wanted = grants.ceilingDefault ?? configured;
  const { ceilingMax } = grants;
  return ceilingMax !== undefined && ceilingMax < wanted ? ceilingMax : wanted;
}

/** @throws ForebayError `forbidden` */
export function requireCeiling(asked: NanoUsd, { ceilingMax }: CeilingGrants): void {
  if (ceilingMax === undefined || asked <= ceilingMax) return;
  const most = formatUsd(ceilingMax);
  const detail = `"max_cost_usd": this key may give at most ${most} USD, not ${formatUsd(asked)}.`;
  throw new ForebayError('forbidden', detail, { param: 'max_cost_usd' });
}

/**
 * The job's own priority, else `normal`, or the most urgent one that is allowed if that is later.
 *
 * @throws ForebayError `forbidden` for a priority that is not allowed.
 */
export function grantedPriority(
  asked: number | undefined,
  grants: Pick<IntakeGrants, 'priorityMin'>,
): number {
  if (asked === undefined) return Math.max(priorityNames.normal, grants.priorityMin);
  requirePriority(asked, grants);
  return asked;
}

/** @throws ForebayError `forbidden` */
export function requirePriority(
  asked: number,
  { priorityMin }: Pick<IntakeGrants, 'priorityMin'>,
): void {
  if (asked >= priorityMin) return;
  const detail = `"priority": this key may give ${priorityMin} at the most urgent, not ${asked}.`;
  throw new ForebayError('forbidden', detail, { param: 'priority' });
}
