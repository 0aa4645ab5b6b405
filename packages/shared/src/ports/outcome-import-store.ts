/** The port to files of graded outcomes that were counted into what a tenant knows of models. */
import type { TenantId } from '../domain/ids.ts';
import type { CountedFile, OutcomeFile, OutcomeSum } from '../domain/outcome-file.ts';

export interface OutcomeImport {
  readonly tenant: TenantId;
  readonly file: Omit<CountedFile, 'share'>;
  /** The last file that was listed when the sums were made. */
  readonly newest: OutcomeFile | undefined;
  /** Without lines that were counted with an earlier file. */
  readonly sums: readonly OutcomeSum[];
}

export interface OutcomeImportStore {
  /**
   * Counts the file once, however often it is brought.
   *
   * @returns when it was counted, in ms; `undefined` when another one was counted after `newest`,
   *   of which the sums know nothing.
   */
  countOutcomes(request: OutcomeImport): Promise<number | undefined>;
  /** The files that were counted lately, the oldest first. */
  listFiles(tenant: TenantId): Promise<readonly CountedFile[]>;
}
