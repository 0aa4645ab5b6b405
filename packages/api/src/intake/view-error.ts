/** An error inside a reply that has begun: the same members wherever it stands. */
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';

export function viewError({ code, message, param, errors }: ForebayError): JsonObject {
  return {
    code,
    detail: message,
    ...(param === undefined ? {} : { param }),
    ...(errors.length === 0 ? {} : { errors: errors.map((error) => ({ ...error })) }),
  };
}
