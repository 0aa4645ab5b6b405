/** How the objects of sealed content are named: by whose content they hold. */
import { parseJobId, parseTenantId } from '../domain/ids.ts';
import type { SealContext } from '../ports/payload-seal.ts';

/** Where all objects of one kind of content stand. */
export function contentFolder(field: SealContext['field']): string {
  return `${field}s`;
}

/** One object per writing: a worker that lost its job cannot overwrite another's answer. */
export function newObjectKey({ field, tenant, job }: SealContext): string {
  return `${contentFolder(field)}/${tenant}/${job}/${crypto.randomUUID()}`;
}

/** Whose content it is; `undefined` for a key that {@link newObjectKey} has not made. */
export function readObjectKey(key: string, field: SealContext['field']): SealContext | undefined {
  const [folder, tenantText = '', jobText = '', name, ...more] = key.split('/');
  const tenant = parseTenantId(tenantText);
  const job = parseJobId(jobText);
  const isOurs = folder === contentFolder(field) && name !== undefined && more.length === 0;
  return isOurs && tenant !== undefined && job !== undefined ? { field, tenant, job } : undefined;
}
