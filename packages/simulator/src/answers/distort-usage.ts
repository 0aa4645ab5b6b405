/** The ways in which a usage object can be nonsense. */
export type UsageDistortion = 'missing' | WrittenDistortion;

type WrittenDistortion = 'zero' | 'negative' | 'huge' | 'string';

/** Far above what any request could use, still an exact integer. */
const HUGE_TOKENS = 9_000_000_000_000;

/**
 * Replaces every number of a usage object, at any depth, by what the distortion says; undefined
 * stands for a usage that is left out.
 */
export function distortUsage(usage: object, distortion: UsageDistortion | null): unknown {
  if (distortion === null) return usage;
  return distortion === 'missing' ? undefined : mapNumbers(usage, distortion);
}

function mapNumbers(value: unknown, distortion: WrittenDistortion): unknown {
  if (typeof value === 'number') return distortNumber(value, distortion);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mapNumbers(inner, distortion)]),
  );
}

function distortNumber(value: number, distortion: WrittenDistortion): number | string {
  switch (distortion) {
    case 'negative':
      return -value - 1;
    case 'huge':
      return HUGE_TOKENS;
    case 'string':
      return `${value} tokens`;
    case 'zero':
      return 0;
  }
}
