/**
 * Everything that is wrong with a request at once, for whoever wants to correct a file before it
 * is sent. What takes jobs in stops at the first kind of problem, see `bound-request.ts`.
 */
import type { ErrorDetail } from '../domain/forebay-error.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobKind } from '../domain/model-catalog.ts';
import { checkRequestShape } from './check-request-shape.ts';
import { findForbiddenField } from './find-forbidden-field.ts';
import { findUnboundedField, type UnboundedField } from './find-unbounded-field.ts';
import { measurePrompt } from './measure-prompt.ts';

/** @returns problems with pointers relative to the body; empty for a request that can be taken. */
export function findProblems(kind: JobKind, body: JsonObject): readonly ErrorDetail[] {
  const forbidden = findForbiddenField(body);
  const shape = checkRequestShape(kind, body);
  // A prompt of a wrong shape cannot be measured.
  const inside = shape.length > 0 ? undefined : measurePrompt(kind, body).unbounded;
  return [
    ...(forbidden === undefined ? [] : [forbiddenField(forbidden)]),
    ...shape,
    ...[findUnboundedField(body), inside].flatMap((field) =>
      field === undefined ? [] : [unboundedField(field)],
    ),
  ];
}

function forbiddenField(path: string): ErrorDetail {
  const remedy = 'remove it: address and credentials of providers come from the configuration';
  return { pointer: pointerTo(path), code: 'forbidden_field', detail: `"${path}": ${remedy}` };
}

function unboundedField({ param, detail }: UnboundedField): ErrorDetail {
  return { pointer: pointerTo(param), code: 'unbounded_cost', detail };
}

/** `tools[1].type` is `/tools/1/type`. */
function pointerTo(path: string): string {
  return `/${path.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}
