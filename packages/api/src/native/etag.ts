/** ETags of jobs: the version of the record in quotes. */

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
