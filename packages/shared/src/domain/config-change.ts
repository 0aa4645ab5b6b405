/** What a reload of the configuration did, for logs and figures. Never a secret. */

/** One setting that differs, such as `models.alpha.deployments.main.concurrency`. */
export interface ConfigChange {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Before and after, where both are plain numbers or words of ours; else `undefined`. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export type ReloadOutcome =
  | {
      readonly kind: 'applied';
      readonly version: string;
      readonly previousVersion: string;
      readonly changes: readonly ConfigChange[];
      /** What is served and is probably not what was meant; a line each. */
      readonly warnings: readonly string[];
    }
  /** The file says what is served already. */
  | { readonly kind: 'unchanged'; readonly version: string }
  /** What was served goes on; one line per problem, with file, line and column. */
  | { readonly kind: 'refused'; readonly version: string; readonly problems: readonly string[] };
