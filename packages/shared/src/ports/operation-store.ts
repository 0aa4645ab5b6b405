/** The port to operations: written by compare and set, taken up by one process at a time. */
import type { Operation, OperationId } from '../domain/operation.ts';

export interface OperationStore {
  /** @returns `full` when too many are running; then nothing is written. */
  create(operation: Operation): Promise<'created' | 'full'>;
  read(id: OperationId): Promise<Operation | undefined>;
  /** Newest first. */
  list(limit: number): Promise<readonly Operation[]>;
  /**
   * Changes an operation; `edit` is called again when somebody else was faster, and leaves it as it
   * is by `undefined`. Whoever took it up keeps it for another `holdMs`.
   *
   * @returns as it stands afterwards; `undefined` when it is not there.
   */
  edit(
    id: OperationId,
    edit: (operation: Operation) => Omit<Operation, 'version'> | undefined,
    holdMs?: number,
  ): Promise<Operation | undefined>;
  /** A running operation that nobody works on; it is the caller's for `holdMs`. */
  take(holdMs: number): Promise<OperationId | undefined>;
}
