/** One error that tells of several problems. */
import { type ErrorDetail, ForebayError } from '@forebay/shared/domain/forebay-error';

/** What an error says, as a list: a single problem may be told by its `param` alone. */
export function detailsOf({ errors, param, code, message }: ForebayError): readonly ErrorDetail[] {
  if (errors.length > 0) return errors;
  const pointer = param === undefined ? '' : `/${param.replaceAll('.', '/')}`;
  return [{ pointer, code, detail: message }];
}

/** The error with its own problems and then the others, each once. */
export function tellAll(error: ForebayError, others: readonly ErrorDetail[]): ForebayError {
  const { code, message, param } = error;
  const told = new Map<string, ErrorDetail>();
  for (const each of [...detailsOf(error), ...others]) {
    const key = `${each.pointer}\n${each.code}`;
    if (!told.has(key)) told.set(key, each);
  }
  return new ForebayError(code, message, {
    ...(param === undefined ? {} : { param }),
    errors: [...told.values()],
    cause: error,
  });
}
