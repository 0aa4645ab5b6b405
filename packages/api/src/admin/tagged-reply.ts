/** A reply with the ETag of what it shows, which a change may name in `If-Match`. */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { ApiReply } from '../http/api-call.ts';
import { etagOf } from '../native/etag.ts';

/** @param body has a `version`. */
export function taggedReply(
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): ApiReply {
  const tag = typeof body['version'] === 'number' ? { ETag: etagOf(body['version']) } : {};
  return { status, headers: { ...headers, ...tag }, body };
}
