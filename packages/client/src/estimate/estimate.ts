/** What jobs would cost, as the API says it. Money is decimal US dollars. */
import type { ApiErrorDetail } from '../api-error.ts';
import type { CallOptions } from '../http/api-call.ts';
import type { JobKind } from '../jobs/job-request.ts';

export interface CostRange {
  /** The shortest answer at the cheapest deployment. */
  readonly low: string;
  readonly expected: string;
  /** What would be reserved: no attempt costs more. */
  readonly high: string;
  readonly currency: string;
}

export interface EstimatedTokens {
  readonly input_about: number;
  readonly input_at_most: number;
  readonly output_about: number;
  readonly output_at_most: number;
}

export interface Estimate {
  readonly kind: JobKind;
  readonly tokens: EstimatedTokens & { readonly images: number };
  /** Of the first candidate. */
  readonly cost: CostRange;
  /** Best first. */
  readonly candidates: readonly {
    readonly model: string;
    readonly tokens: EstimatedTokens;
    readonly cost: CostRange;
    readonly output_cap: { readonly tokens: number; readonly source: string };
  }[];
  readonly exclusions: readonly {
    readonly model: string;
    readonly code: string;
    readonly reason: string;
  }[];
}

/** A line of a file: what it would cost, or what it would be refused for. */
export type EstimatedLine = {
  readonly line: number;
  readonly custom_id?: string;
} & (
  | ({ readonly status: 'estimated' } & Estimate)
  /** Says the same as an earlier line with its `custom_id`: it would make no job of its own. */
  | { readonly status: 'duplicate' }
  | {
      readonly status: 'refused';
      readonly error: {
        readonly code: string;
        readonly detail: string;
        readonly param?: string;
        readonly errors: readonly (ApiErrorDetail & { readonly line: number })[];
      };
    }
);

export interface EstimateSummary {
  readonly lines: number;
  readonly estimated: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly tokens: EstimatedTokens;
  /** Over all lines, each at its first candidate. */
  readonly cost: CostRange;
  /** Over the lines that each model could take, as if it took all of them. */
  readonly by_model: readonly {
    readonly model: string;
    readonly lines: number;
    readonly tokens: EstimatedTokens;
    readonly cost: CostRange;
  }[];
  /** Why the API read no further, such as a key that ended meanwhile. */
  readonly error?: { readonly code: string; readonly detail: string };
}

/** Lines in their order, then one summary. */
export type EstimateItem = EstimatedLine | { readonly summary: EstimateSummary };

export interface EstimateOptions extends CallOptions {
  /** `errors` gives only lines that would be refused, and the summary; `all` when not given. */
  readonly lines?: 'all' | 'errors';
}
