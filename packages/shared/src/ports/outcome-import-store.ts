/** The port to files of graded outcomes that were counted into what a tenant knows of models. */
import type { TenantId } from '../domain/ids.ts';
import type { TaskClass } from '../domain/task-class.ts';

/** A file, by its lines: the first so many, and their digest. */
export interface OutcomeFile {
  readonly lines: number;
  /** Hexadecimal. */
  readonly digest: string;
}

export interface OutcomeImport {
  readonly tenant: TenantId;
  readonly file: OutcomeFile;
  /** Without lines that were counted with an earlier file. */
  readonly sums: readonly OutcomeSum[];
}

/** What is added to the judgements of a model at a task. */
export interface OutcomeSum {
  readonly model: string;
  readonly task: TaskClass;
  /** How many judgements. */
  readonly count: number;
  /** Their scores together. */
  readonly scores: number;
}

export interface OutcomeImportStore {
  /** Counts the file once, however often it is brought. @returns when it was counted, in ms. */
  countOutcomes(request: OutcomeImport): Promise<number>;
  /** The files that were counted lately, the oldest first. */
  listFiles(tenant: TenantId): Promise<readonly OutcomeFile[]>;
}
