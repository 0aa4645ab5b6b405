/**
 * What can happen to jobs and to their tenant's terms, as data that fast-check makes and shrinks. A
 * step names a job by number and amounts by percent, so that every step means something in every
 * world.
 */
import type { BudgetPolicy, BudgetSubject, BudgetWindow } from '@forebay/shared/domain/budget';
import type { AdmitGroup, ReassignRequest } from '@forebay/shared/ports/job-store';
import fc from 'fast-check';

/** How an attempt ends, for those who report it. */
export type End = 'answered' | 'refused' | 'ambiguous' | 'lost';

/** Of the reply: lost, so that the call is made twice. */
interface Made {
  readonly job: number;
  readonly twice: boolean;
}

export type Step =
  | (Made & { kind: 'admit' } & Admission)
  /** As the plan says, unless a percentage is given. */
  | (Made & { kind: 'feed'; percent: number | undefined; tellsShort: boolean })
  | (Made & { kind: 'claim'; stale: boolean; percent: number | undefined })
  | (Made & { kind: 'renew'; stale: boolean })
  /** `back` 0 is the newest attempt, 1 the one before: a late answer. */
  | (Made & { kind: 'settle'; back: number; end: End; percent: number })
  | (Made & { kind: 'expire' })
  | (Made & { kind: 'reassign' } & Move)
  /** A waiting job goes where it could begin sooner, for a premium. */
  | (Made & { kind: 'promote'; reservePercent: number })
  | (Made & { kind: 'cancel' })
  | (Made & { kind: 'change'; stale: boolean } & Change)
  | { kind: 'terms'; edit: TermsStep }
  | { kind: 'repeat'; call: number }
  | { kind: 'advance'; byMs: number };

interface Admission {
  /** Of the first of its candidates; the others are cheaper. */
  readonly percent: number;
  readonly startsInMs: number | undefined;
  /** Jobs of one call. */
  readonly count: number;
  readonly onRefusal: AdmitGroup['onRefusal'];
  /** Of a bulk call: it holds nothing before its claim. */
  readonly isLine: boolean;
  /** Its output may be cut; alone it asks what a budget has left. */
  readonly isCut: boolean;
  /** 0 for a job without a key. */
  readonly key: number;
  readonly livesLong: boolean;
}

interface Move {
  readonly end: End | undefined;
  readonly percent: number;
  readonly reservePercent: number;
  readonly whenShort: ReassignRequest['whenShort'];
}

/** A change of the tenant's terms. */
export type TermsStep =
  | {
      readonly kind: 'budget';
      /** Which of the tenant's budgets it replaces or, without a limit, removes. */
      readonly slot: number;
      readonly limitPercent: number | undefined;
      readonly window: BudgetWindow;
      readonly subject: BudgetSubject;
      readonly whenShort: BudgetPolicy;
    }
  | { readonly kind: 'limit'; readonly slot: number; readonly limitPercent: number }
  | { readonly kind: 'paused'; readonly paused: boolean }
  | {
      readonly kind: 'in_flight';
      readonly subject: BudgetSubject;
      readonly max: number | undefined;
    };

/** `undefined` keeps what stands. */
interface Change {
  readonly priority: number | undefined;
  readonly deadlineInMs: number | undefined;
  readonly ceilingPercent: number | undefined;
}

const ends = fc.constantFrom<End[]>('answered', 'answered', 'lost', 'lost', 'refused', 'ambiguous');
const percent = fc.integer({ min: 0, max: 100 });
const rarely = fc.integer({ min: 0, max: 9 }).map((number) => number === 9);
const made = { job: fc.nat(4), twice: fc.boolean() };
const key = fc.nat(2);
/** Mostly the newest attempt: only its answer can be adopted. */
const back = fc.constantFrom(0, 0, 0, 1, 2);
const subject: fc.Arbitrary<BudgetSubject> = fc.oneof(
  fc.constant({ kind: 'tenant' } as const),
  fc.nat(1).map((number) => ({ kind: 'key', keyId: keyIdOf(number + 1) ?? '' }) as const),
);
const window = fc.constantFrom<BudgetWindow[]>(
  { kind: 'total' },
  { kind: 'calendar', period: 'day', timeZone: 'UTC' },
  { kind: 'rolling', period: 'day' },
);
const limitPercent = fc.integer({ min: 5, max: 250 });

/** The API key that a number stands for. */
export function keyIdOf(number: number): string | undefined {
  return number === 0 ? undefined : `k${number}`;
}

/** Far enough from the test's own time: what a step does must not depend on how fast it ran. */
const startsInMs = fc.constantFrom<(number | undefined)[]>(undefined, undefined, 5_000, 20_000);

const kind = <Kind extends Step['kind']>(name: Kind) => fc.constant(name);

const budget: fc.Arbitrary<TermsStep> = fc.record({
  kind: fc.constant('budget'),
  slot: fc.nat(2),
  limitPercent: fc.option(limitPercent, { nil: undefined, freq: 4 }),
  window,
  subject,
  whenShort: fc.constantFrom<BudgetPolicy[]>('reject', 'wait', 'wait', 'cheaper'),
});

const terms: fc.Arbitrary<TermsStep> = fc.oneof(
  { weight: 4, arbitrary: budget },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('limit'), slot: fc.nat(2), limitPercent }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('paused'), paused: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('in_flight'),
      subject,
      max: fc.option(fc.nat(2), { nil: undefined }),
    }),
  },
);

const admission = {
  percent,
  startsInMs,
  count: fc.constantFrom(1, 1, 1, 2, 3),
  onRefusal: fc.constantFrom<AdmitGroup['onRefusal'][]>('each', 'until_refused', 'all_or_none'),
  isLine: fc.boolean(),
  isCut: fc.boolean(),
  key,
  livesLong: fc.boolean(),
};

const change = {
  stale: rarely,
  priority: fc.option(fc.nat(9), { nil: undefined }),
  deadlineInMs: fc.constantFrom(undefined, undefined, 60_000, 240_000),
  ceilingPercent: fc.option(fc.nat(200), { nil: undefined }),
};

const move = {
  end: fc.option(ends, { nil: undefined }),
  percent,
  reservePercent: fc.nat(60),
  whenShort: fc.constantFrom<ReassignRequest['whenShort'][]>('refuse', 'wait'),
};

/** Never 0: nobody could tell a job that holds nothing from one that holds no money. */
const feedPercent = fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined, freq: 2 });
const claimPercent = fc.option(percent, { nil: undefined });
/** The longer ones begin windows anew. */
const byMs = fc.constantFrom(1, 5_000, 20_000, 120_000, 1_500_000, 86_400_000);

/** The higher the weight the more often; most lives are to get far. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind('admit'), ...made, ...admission }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ kind: kind('feed'), ...made, percent: feedPercent },
      tellsShort: fc.boolean(),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ kind: kind('claim'), ...made, stale: rarely, percent: claimPercent }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('renew'), ...made, stale: rarely }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: kind('settle'), ...made, back, end: ends, percent }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('expire'), ...made }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('reassign'), ...made, ...move }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind('promote'), ...made, reservePercent: fc.nat(60) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('cancel'), ...made }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('change'), ...made, ...change }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('terms'), edit: terms }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('repeat'), call: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('advance'), byMs }) },
);

/** A life begins with one budget or more; what comes then is chance. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(fc.record({ kind: kind('terms'), edit: budget }), { minLength: 1, maxLength: 2 }),
    fc.array(step, { minLength: 15, maxLength: 50, size: 'max' }),
  )
  .map(([first, rest]) => [...first, ...rest]);
