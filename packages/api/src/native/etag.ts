/** ETags of jobs, webhook endpoints, tenants and keys: the version in quotes. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';

export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version that the caller knows, from `If-None-Match`. Of several tags the highest counts,
 * because versions only grow; `*` and foreign tags say nothing about a version.
 */
export function knownVersion(headers: readonly string[]): number | undefined {
  const tags = headers.flatMap((header) => header.slice(0, 1024).split(','));
  const versions = tags.flatMap((tag) => {
    const digits = /^\s*(?:W\/)?"(\d{1,15})"\s*$/.exec(tag)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return versions.length === 0 ? undefined : Math.max(...versions);
}

/**
 * The version that must still be there, from `If-Match`; `any` for `*`.
 *
 * @throws ForebayError `precondition_required` without the header, `invalid_request` for anything
 *   but one strong tag of ours.
 */
export function requiredVersion(headers: readonly string[]): number | 'any' {
  const [tag, ...more] = headers;
  const remedy = 'Send the ETag as you have seen it, such as If-Match: "3"';
  if (tag === undefined) {
    const detail = `A change needs to say which version it is about. ${remedy}.`;
    throw new ForebayError('precondition_required', detail, { param: 'If-Match' });
  }
  if (more.length === 0 && tag.trim() === '*') return 'any';
  const digits = /^\s*"(\d{1,15})"\s*$/.exec(tag)?.[1];
  if (more.length === 0 && digits !== undefined) return Number(digits);
  const detail = `"If-Match": expected one ETag, or *. ${remedy}.`;
  throw new ForebayError('invalid_request', detail, { param: 'If-Match' });
}

/**
 * As {@link requiredVersion}, of changes that need not say which version they are about:
 * `undefined` where any will do.
 *
 * @throws ForebayError `invalid_request` for anything but one strong tag of ours, or `*`.
 */
export function statedVersion(headers: readonly string[]): number | undefined {
  if (headers.length === 0) return undefined;
  const version = requiredVersion(headers);
  return version === 'any' ? undefined : version;
}
