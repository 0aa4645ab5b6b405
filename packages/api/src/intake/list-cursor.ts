/**
 * Cursors of job lists: where a walk goes on, opaque to callers. A cursor holds the place, a hash
 * of the filters, and a code that only this installation can make for this tenant; so a cursor of
 * another tenant is like any other text that was never one.
 */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { parseJobId, type TenantId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import type { ListPlace } from '@forebay/shared/ports/job-store';

/** To which walk a cursor belongs. */
export interface CursorScope {
  readonly tenant: TenantId;
  /** What the caller filters by. */
  readonly filters: Json;
}

export interface ListCursors {
  write(scope: CursorScope, place: ListPlace): string;
  /** @throws ForebayError `invalid_cursor` for a cursor that was not made for this scope. */
  read(scope: CursorScope, cursor: string): ListPlace;
}

const macBytes = 16;
const filterBytes = 8;
const cursorCharactersMax = 200;

/** @param secret of the installation; the key that is used here is derived from it. */
export function createListCursors(secret: string): ListCursors {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'forebay list cursor 1', 32));
  const macOf = (tenant: TenantId, body: Buffer): Buffer =>
    createHmac('sha256', key).update(`${tenant}\n`).update(body).digest().subarray(0, macBytes);
  return {
    write({ tenant, filters }, { createdAtMs, id }) {
      const body = Buffer.concat([filterHash(filters), Buffer.from(`${createdAtMs}|${id}`)]);
      return Buffer.concat([macOf(tenant, body), body]).toString('base64url');
    },
    read({ tenant, filters }, cursor) {
      const bytes = Buffer.from(cursor.slice(0, cursorCharactersMax), 'base64url');
      // Decoding passes over what it does not know; then it is not what we wrote.
      if (bytes.toString('base64url') !== cursor) throw notOurs();
      const mac = bytes.subarray(0, macBytes);
      const body = bytes.subarray(macBytes);
      if (mac.length < macBytes || !timingSafeEqual(mac, macOf(tenant, body))) throw notOurs();
      if (!body.subarray(0, filterBytes).equals(filterHash(filters))) throw otherFilters();
      const [createdAt, idText = ''] = body.subarray(filterBytes).toString().split('|');
      const id = parseJobId(idText);
      if (id === undefined) throw notOurs();
      return { createdAtMs: Number(createdAt), id };
    },
  };
}

function filterHash(filters: Json): Buffer {
  return createHash('sha256').update(canonicalJson(filters)).digest().subarray(0, filterBytes);
}

function notOurs(): ForebayError {
  return invalid('expected a cursor as an answer of this list gave it in "next". Begin without it');
}

function otherFilters(): ForebayError {
  return invalid('this cursor belongs to other filters. Repeat those it came with, or begin anew');
}

function invalid(problem: string): ForebayError {
  return new ForebayError('invalid_cursor', `"after": ${problem}.`, { param: 'after' });
}
