/**
 * The accounting identity (I7): what jobs were charged against what the provider billed, attempt
 * by attempt and summed. Pure; shares no code with the router's own accounting.
 */

export interface ChargedAttempt {
  readonly id: string;
  readonly tenant: string;
  readonly model: string;
  /** As the API names it: `model/name`. */
  readonly deployment: string;
  readonly outcome: string;
  readonly ambiguity: string;
  readonly basis: string;
  readonly charged: bigint;
}

export interface Billed {
  readonly attemptId: string;
  readonly deployment: string;
  readonly nanoUsd: bigint;
}

/** Sums of a tenant, a model or a deployment in nano-dollars. */
export interface IdentitySums {
  attempts: number;
  billed: bigint;
  spent: bigint;
  unknown: bigint;
}

/** One sentence for each attempt or bill line that breaks the identity. */
export function checkIdentity(
  attempts: readonly ChargedAttempt[],
  bill: readonly Billed[],
): readonly string[] {
  const lines = new Map<string, Billed[]>();
  for (const line of bill) {
    lines.set(line.attemptId, [...(lines.get(line.attemptId) ?? []), line]);
  }
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  return [
    ...attempts.flatMap((attempt) => checkAttempt(attempt, lines.get(attempt.id) ?? [])),
    ...bill.flatMap((line) => checkLine(line, byId.get(line.attemptId))),
  ];
}

function checkAttempt(attempt: ChargedAttempt, lines: readonly Billed[]): readonly string[] {
  const { id, ambiguity, basis, charged, outcome } = attempt;
  const billed = lines.reduce((sum, line) => sum + line.nanoUsd, 0n);
  const says = `${id} (${outcome}, ${ambiguity}, ${basis}): charged ${charged}, billed ${billed}`;
  if (lines.length > 1) return [`billed more than once: ${says}`];
  if (ambiguity === 'refused' || ambiguity === 'not_sent') {
    return lines.length === 0 && charged === 0n ? [] : [`costs something: ${says}`];
  }
  if (basis === 'worst_case') return charged >= billed ? [] : [`charged too little: ${says}`];
  return basis === 'exact' && charged === billed ? [] : [`not what was billed: ${says}`];
}

function checkLine(line: Billed, attempt: ChargedAttempt | undefined): readonly string[] {
  if (attempt === undefined) return [`billed, and no attempt: ${line.attemptId}`];
  if (attempt.deployment === line.deployment) return [];
  return [`${attempt.id} ran at ${attempt.deployment}, billed at ${line.deployment}`];
}

/** Sums by whatever `keyOf` says; bill lines go where their attempts go. */
export function sumBy(
  attempts: readonly ChargedAttempt[],
  bill: readonly Billed[],
  keyOf: (attempt: ChargedAttempt) => string,
): ReadonlyMap<string, IdentitySums> {
  const billed = new Map<string, bigint>();
  for (const { attemptId, nanoUsd } of bill) {
    billed.set(attemptId, (billed.get(attemptId) ?? 0n) + nanoUsd);
  }
  const groups = new Map<string, IdentitySums>();
  for (const attempt of attempts) {
    const key = keyOf(attempt);
    const sums = groups.get(key) ?? { attempts: 0, billed: 0n, spent: 0n, unknown: 0n };
    groups.set(key, sums);
    sums.attempts += 1;
    sums.billed += billed.get(attempt.id) ?? 0n;
    if (attempt.basis === 'worst_case') sums.unknown += attempt.charged;
    else sums.spent += attempt.charged;
  }
  return groups;
}

/** Of sums: the bill is never above what was charged, and equals it when nothing is unknown. */
export function checkSums(sums: ReadonlyMap<string, IdentitySums>): readonly string[] {
  return [...sums].flatMap(([key, { billed, spent, unknown }]) => {
    const figures = `billed ${billed}, spent ${spent}, unknown ${unknown}`;
    if (billed > spent + unknown) return [`${key}: billed more than charged: ${figures}`];
    return unknown === 0n && billed !== spent ? [`${key}: not what was billed: ${figures}`] : [];
  });
}
