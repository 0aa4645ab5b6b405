/**
 * Where payloads and results live: sealed, and beside the job record when they are small; large
 * ones go to the object store and only their key stands beside the record. The bytes that the job
 * store sees start with one letter that tells which.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { Json } from '../domain/json.ts';
import { limits } from '../domain/limits.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PayloadSeal, SealContext } from '../ports/payload-seal.ts';
import { newObjectKey } from './object-key.ts';

const inlineMark = 0x69; // i
const objectMark = 0x6f; // o

export interface PayloadVault {
  /** Seals a JSON value; a large one is durable in the object store when this resolves. */
  pack(context: SealContext, value: Json): Promise<Uint8Array>;
  /** Seals a JSON value of any size; needs no store, so that it can be kept before all else. */
  seal(context: SealContext, value: Json): Promise<Uint8Array>;
  /**
   * Gives what `seal` made its place: a large one is durable in the object store when this
   * resolves. @throws the object store's error.
   */
  place(context: SealContext, packed: Uint8Array): Promise<Uint8Array>;
  /** @throws ForebayError `internal` when the bytes are damaged or their object is gone. */
  unpack(context: SealContext, packed: Uint8Array): Promise<Json>;
  /** The same, as the text of the JSON in UTF-8. */
  open(context: SealContext, packed: Uint8Array): Promise<Uint8Array>;
  /** Deletes the object of what was packed, if it has one. @throws the object store's error. */
  discard(packed: Uint8Array): Promise<void>;
}

/** Whether only a key stands beside the record, because the sealed value was too large. */
export function isElsewhere(packed: Uint8Array): boolean {
  return packed[0] === objectMark;
}

export interface PayloadVaultDeps {
  readonly seal: PayloadSeal;
  readonly objects: Pick<ObjectStore, 'get' | 'put' | 'delete'>;
}

export function createPayloadVault({ seal, objects }: PayloadVaultDeps): PayloadVault {
  const sealValue = async (context: SealContext, value: Json): Promise<Uint8Array> =>
    marked(inlineMark, await seal.seal(context, Buffer.from(JSON.stringify(value))));
  const place = async (context: SealContext, packed: Uint8Array): Promise<Uint8Array> => {
    const sealed = packed.subarray(1);
    if (packed[0] !== inlineMark || sealed.byteLength <= limits.inlineBytesMax) return packed;
    const key = newObjectKey(context);
    await objects.put(key, sealed);
    return marked(objectMark, Buffer.from(key));
  };
  const open = async (context: SealContext, packed: Uint8Array): Promise<Uint8Array> => {
    const rest = packed.subarray(1);
    const sealed = isElsewhere(packed) ? await objects.get(keyIn(packed)) : rest;
    if (sealed !== undefined) return seal.open(context, sealed);
    throw new ForebayError('internal', `The stored ${context.field} of a job is gone.`);
  };
  return {
    seal: sealValue,
    place,
    pack: async (context, value) => place(context, await sealValue(context, value)),
    async unpack(context, packed) {
      const text = Buffer.from(await open(context, packed)).toString();
      // What was packed above is JSON; the seal has vouched for the bytes.
      return JSON.parse(text) as Json;
    },
    open,
    async discard(packed) {
      if (isElsewhere(packed)) await objects.delete(keyIn(packed));
    },
  };
}

function keyIn(packed: Uint8Array): string {
  return Buffer.from(packed.subarray(1)).toString();
}

function marked(mark: number, bytes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(bytes.byteLength + 1);
  packed[0] = mark;
  packed.set(bytes, 1);
  return packed;
}
