/** The port by which objects learn whether the store still needs them. */
import type { SealContext } from './payload-seal.ts';

/** Content that the store names by an object. */
export type KeptContent = SealContext & { readonly field: 'payload' | 'result' };

export interface RetentionStore {
  /** Made when the store was first opened. A store that was lost comes back as another one. */
  identity(): Promise<string>;
  /**
   * Which contents may still be read, in their order: a prompt as long as the store holds it, an
   * answer as long as its job is there, live or archived.
   */
  areKept(contents: readonly KeptContent[]): Promise<readonly boolean[]>;
}
