/** The port to bulk storage: immutable objects under keys that we make, never users' text. */

export interface StoredObject {
  readonly key: string;
  /** When it was written, by the clock of the storage. */
  readonly writtenAtMs: number;
  readonly bytes: number;
}

/** A part of an object. */
export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

export interface ListObjects {
  /** Objects whose keys begin with this name and a slash. */
  readonly folder: string;
  /** Only what comes after this key, in the storage's own order; `undefined` starts anew. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface ObjectStore {
  /** Stores durably (synced) before it resolves; writing the same key again replaces it whole. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * The same where nothing stands yet; whoever is first stays, however many write at once.
   *
   * @returns what stands there now.
   */
  putOnce(key: string, bytes: Uint8Array): Promise<Uint8Array>;
  /** `undefined` when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The same for a part; what lies behind the object's end is left out. */
  getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined>;
  /** Overwrites a part with zeros, durably; resolves also when there is no such object. */
  erase(key: string, range: ByteRange): Promise<void>;
  /** Always in the same order, so that the last key of one page begins the next. */
  list(request: ListObjects): Promise<readonly StoredObject[]>;
  /** The same without a look at each object; one that is being deleted may be among them. */
  listKeys(request: ListObjects): Promise<readonly string[]>;
  /** Resolves also when there was none. */
  delete(key: string): Promise<void>;
  /** Deletes what writers that died before that time have left half-written. */
  deleteUnfinished(
    writtenBeforeMs: number,
  ): Promise<{ readonly count: number; readonly bytes: number }>;
}
