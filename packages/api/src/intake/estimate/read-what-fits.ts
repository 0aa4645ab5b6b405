/**
 * Reads of an envelope what is right in it, and tells what is not. The schema stops at the first
 * kind of problem, so the fields that it refuses are taken out and the rest is read again.
 */
import { type ErrorDetail, ForebayError } from '@forebay/shared/domain/forebay-error';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { type JobRequest, parseJobRequest } from '../parse-job-request.ts';

export interface FittingPart {
  readonly errors: readonly ErrorDetail[];
  /** With stand-ins for what must be there; `undefined` when nothing can be read. */
  readonly request: JobRequest | undefined;
  /** Whether the request has the kind and the body of the envelope. */
  readonly hasBody: boolean;
  /** Whether it names what the envelope names as its model. */
  readonly namesModel: boolean;
}

/** Fields, then what they say together, then what only that hid. */
const roundsMax = 4;

const standInKind = 'chat.completions';
/** No model of anybody has this name. */
const standInModel = 'forebay:none-named';

export function readWhatFits(envelope: Json): FittingPart {
  const errors: ErrorDetail[] = [];
  let rest = envelope;
  for (let round = 0; round < roundsMax; round += 1) {
    const read = parse(rest);
    if (read.kind === 'read') {
      const { request } = read;
      const wrong = fieldsOf(errors);
      const hasBody = !wrong.has('kind') && !wrong.has('body');
      return { errors, request, hasBody, namesModel: request.requested !== standInModel };
    }
    errors.push(...read.errors);
    if (!isJsonObject(rest)) break;
    rest = withoutFields(rest, fieldsOf(read.errors));
  }
  return { errors, request: undefined, hasBody: false, namesModel: false };
}

type Reading =
  | { readonly kind: 'read'; readonly request: JobRequest }
  | { readonly kind: 'wrong'; readonly errors: readonly ErrorDetail[] };

function parse(envelope: Json): Reading {
  try {
    return { kind: 'read', request: parseJobRequest(envelope) };
  } catch (error) {
    if (!ForebayError.is(error)) throw error;
    return { kind: 'wrong', errors: error.errors };
  }
}

/** The outermost fields that the problems are about. */
function fieldsOf(errors: readonly ErrorDetail[]): ReadonlySet<string> {
  return new Set(
    errors.map(({ pointer }) =>
      (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~'),
    ),
  );
}

function withoutFields(envelope: JsonObject, wrong: ReadonlySet<string>): JsonObject {
  const kept: JsonObject = Object.fromEntries(
    Object.entries(envelope).filter(([name]) => !wrong.has(name)),
  );
  const { kind = standInKind, body = {}, model, models } = kept;
  const isUnnamed = model === undefined && models === undefined;
  // What is only missing has not been told yet.
  if (!isUnnamed || !(wrong.has('model') || wrong.has('models'))) return { ...kept, kind, body };
  // The body may name the model that is wrong; it must agree with the stand-in.
  const { model: _, ...others } = isJsonObject(body) ? body : {};
  return { ...kept, kind, body: others, model: standInModel };
}
