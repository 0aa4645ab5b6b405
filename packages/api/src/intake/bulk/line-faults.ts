/** What can be said of a line of a body before it is read as a job. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { isJsonObject, type Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';

/** What the line calls itself, also when the rest of it is wrong. */
export function customIdOf(envelope: Json): string | undefined {
  const given = isJsonObject(envelope) ? envelope['custom_id'] : undefined;
  const fits = typeof given === 'string' && given.length <= limits.customIdCharactersMax;
  return fits ? given : undefined;
}

export function lineTooLong(lineBytesMax: number): ForebayError {
  const detail = `The line has more than ${lineBytesMax} bytes, the limit of one line.`;
  return new ForebayError('body_too_large', `${detail} Send less in one job.`);
}
