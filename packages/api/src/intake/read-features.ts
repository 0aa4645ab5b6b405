/** Bounds the body of a job: what routing and money need to know of it, or why it is refused. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { RequestFeatures } from '@forebay/shared/domain/route-plan';
import { boundRequest } from '@forebay/shared/pricing/bound-request';
import type { JobRequest } from './parse-job-request.ts';

/** @throws ForebayError `forbidden_field`, `unbounded_cost` or `invalid_request`. */
export function readFeatures(
  request: Pick<JobRequest, 'kind' | 'body' | 'cutsOutput'>,
): RequestFeatures {
  const result = boundRequest(request.kind, request.body);
  switch (result.kind) {
    case 'bounded':
      return request.cutsOutput ? { ...result.features, cutsOutput: true } : result.features;
    case 'forbidden': {
      const param = inBody(result.param);
      const remedy = 'Remove it: address and credentials of providers come from the configuration';
      throw new ForebayError('forbidden_field', `"${param}" is not allowed. ${remedy}.`, { param });
    }
    case 'unbounded': {
      const param = inBody(result.param);
      const detail = `The cost of "${param}" cannot be bounded: ${result.detail}`;
      throw new ForebayError('unbounded_cost', detail, { param });
    }
    case 'invalid': {
      const errors = result.errors.map((error) => ({ ...error, pointer: `/body${error.pointer}` }));
      const [first] = errors;
      const param = (first?.pointer ?? '/body').slice(1).replaceAll('/', '.');
      const detail = `"${param}": ${first?.detail ?? 'the body is wrong'}.`;
      throw new ForebayError('invalid_request', detail, { param, errors });
    }
  }
}

function inBody(path: string): string {
  return path === '' ? 'body' : `body.${path}`;
}
