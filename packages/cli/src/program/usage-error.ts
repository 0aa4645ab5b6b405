/** Thrown by a command that was used wrongly: exit code 2, and no stack. */
const marker = Symbol.for('forebay.usage-error');

export class UsageError extends Error {
  readonly [marker] = true;

  static is(value: unknown): value is UsageError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
