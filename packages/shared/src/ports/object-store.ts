/** The port to bulk storage: immutable objects under keys that we make, never users' text. */

export interface ObjectStore {
  /** Stores durably (synced) before it resolves; writing the same key again replaces it whole. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Resolves also when there was none. */
  delete(key: string): Promise<void>;
}
