/** What a job is charged with: what it spent, and the worst case of what nobody knows. */
import type { Job } from '@forebay/client';
import { formatUsd, parseUsd } from '@forebay/shared/domain/money';

export type JobCost = Pick<Job['cost'], 'spent' | 'unknown'>;

/** In billionths of a dollar. */
export function chargedNanoUsd({ spent, unknown }: JobCost): bigint {
  return (parseUsd(spent) ?? 0n) + unknownNanoUsd(unknown);
}

/** `0.0004 USD, of which 0.0001 at worst case`. */
export function chargedText(cost: JobCost): string {
  const unknown = unknownNanoUsd(cost.unknown);
  const part = unknown === 0n ? '' : `, of which ${formatUsd(unknown)} at worst case`;
  return `${formatUsd(chargedNanoUsd(cost))} USD${part}`;
}

function unknownNanoUsd(unknown: string): bigint {
  return parseUsd(unknown) ?? 0n;
}
