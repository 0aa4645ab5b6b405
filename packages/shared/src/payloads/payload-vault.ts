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
    // One object per writing: a worker that lost its job cannot overwrite another's answer.
    const key = `${context.field}s/${context.tenant}/${context.job}/${crypto.randomUUID()}`;
    await objects.put(key, sealed);
    return marked(objectMark, Buffer.from(key));
  };
  return {
    seal: sealValue,
    place,
    pack: async (context, value) => place(context, await sealValue(context, value)),
    async unpack(context, packed) {
      const rest = packed.subarray(1);
      const sealed =
        packed[0] === objectMark ? await objects.get(Buffer.from(rest).toString()) : rest;
      if (sealed === undefined) {
        throw new ForebayError('internal', `The stored ${context.field} of a job is gone.`);
      }
      // What was packed above is JSON; the seal has vouched for the bytes.
      return JSON.parse(Buffer.from(await seal.open(context, sealed)).toString()) as Json;
    },
  };
}

function marked(mark: number, bytes: Uint8Array): Uint8Array {
  const packed = new Uint8Array(bytes.byteLength + 1);
  packed[0] = mark;
  packed.set(bytes, 1);
  return packed;
}
