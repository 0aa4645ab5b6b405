/** Bounds the body of a job: what routing and money need to know of it, or why it is refused. */
import { type ErrorDetail, ForebayError } from '@forebay/shared/domain/forebay-error';
import type { RequestFeatures } from '@forebay/shared/domain/route-plan';
import { checkOutputSchema } from '@forebay/shared/outputs/check-output-schema';
import {
  formatToCheck,
  readOutputFormat,
  readStrictTools,
} from '@forebay/shared/outputs/output-format';
import { boundRequest } from '@forebay/shared/pricing/bound-request';
import type { JobRequest } from './parse-job-request.ts';
import { problemsMax } from './request-problems.ts';

/** @throws ForebayError `forbidden_field`, `unbounded_cost` or `invalid_request`. */
export function readFeatures(
  request: Pick<JobRequest, 'kind' | 'body' | 'cutsOutput' | 'onMiss'>,
): RequestFeatures {
  const result = boundRequest(request.kind, request.body);
  switch (result.kind) {
    case 'bounded':
      requireUsableSchema(request);
      return request.cutsOutput ? { ...result.features, cutsOutput: true } : result.features;
    case 'forbidden': {
      const param = inBody(result.param);
      const remedy = 'Remove it: address and credentials of providers come from the configuration';
      throw new ForebayError('forbidden_field', `"${param}" is not allowed. ${remedy}.`, {
        ...{ param, errors: inEnvelope(result.errors) },
      });
    }
    case 'unbounded': {
      const param = inBody(result.param);
      const detail = `The cost of "${param}" cannot be bounded: ${result.detail}`;
      throw new ForebayError('unbounded_cost', detail, {
        ...{ param, errors: inEnvelope(result.errors) },
      });
    }
    case 'invalid':
      throw invalidBody(result.errors);
  }
}

type SchemaHolder = Pick<JobRequest, 'kind' | 'body' | 'onMiss'>;

/**
 * A schema that no answer could be held against would be found out after paying for the answer.
 *
 * @throws ForebayError `invalid_request`.
 */
export function requireUsableSchema(request: SchemaHolder): void {
  const problems = findSchemaProblems(request);
  if (problems.length > 0) throw invalidBody(problems);
}

/** @returns problems with pointers relative to the body; none when answers can be checked. */
export function findSchemaProblems({ kind, body, onMiss }: SchemaHolder): readonly ErrorDetail[] {
  const format = formatToCheck(readOutputFormat(kind, body), onMiss);
  const asked = [
    ...(format.kind === 'schema' ? [format] : []),
    ...(onMiss === 'accept' ? [] : readStrictTools(kind, body)),
  ];
  const remedy = 'or set "validation": {"on_miss": "accept"} to have answers delivered unchecked';
  return asked.flatMap(({ schema, path }) =>
    checkOutputSchema(schema).map((problem) => ({
      ...problem,
      pointer: `/${path.join('/')}${problem.pointer}`,
      detail: `${problem.detail}; mend the schema, ${remedy}`,
    })),
  );
}

/** @param problems with pointers into the body. */
export function inEnvelope(problems: readonly ErrorDetail[]): readonly ErrorDetail[] {
  const told = problems.slice(0, problemsMax);
  return told.map((error) => ({ ...error, pointer: `/body${error.pointer}` }));
}

/** @param problems with pointers into the body. */
function invalidBody(problems: readonly ErrorDetail[]): ForebayError {
  const errors = inEnvelope(problems);
  const [first] = errors;
  const param = (first?.pointer ?? '/body').slice(1).replaceAll('/', '.');
  const detail = `"${param}": ${first?.detail ?? 'the body is wrong'}.`;
  return new ForebayError('invalid_request', detail, { param, errors });
}

function inBody(path: string): string {
  return path === '' ? 'body' : `body.${path}`;
}
