/** Everything that is wrong with a request at once, each problem with its remedy. */
import type { ErrorDetail } from '../domain/forebay-error.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobKind } from '../domain/model-catalog.ts';
import { checkRequestShape } from './check-request-shape.ts';
import { findForbiddenFields } from './find-forbidden-fields.ts';
import { findUnboundedFields, type UnboundedField } from './find-unbounded-fields.ts';
import { measurePrompt } from './measure-prompt.ts';

/** @returns problems with pointers relative to the body; empty for a request that can be taken. */
export function findProblems(kind: JobKind, body: JsonObject): readonly ErrorDetail[] {
  const shape = checkRequestShape(kind, body);
  // A prompt of a wrong shape cannot be measured.
  const inside = shape.length > 0 ? [] : measurePrompt(kind, body).unbounded;
  return [
    ...findForbiddenFields(body).map(forbiddenField),
    ...shape,
    ...[...findUnboundedFields(body), ...inside].map(unboundedField),
  ];
}

/** @param path of the field, as the caller would write it. */
export function forbiddenField(path: string): ErrorDetail {
  const remedy = 'remove it: address and credentials of providers come from the configuration';
  return { pointer: pointerTo(path), code: 'forbidden_field', detail: `"${path}": ${remedy}` };
}

export function unboundedField({ param, detail }: UnboundedField): ErrorDetail {
  return { pointer: pointerTo(param), code: 'unbounded_cost', detail };
}

/** `tools[1].type` is `/tools/1/type`. */
function pointerTo(path: string): string {
  return `/${path.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}
