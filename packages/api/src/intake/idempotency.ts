/**
 * Idempotency keys: reading the header, and hashing what it claims.
 *
 * The scope of a key is tenant, method, path template and key; the store keeps its hash together
 * with the fingerprint of the request, in the step that makes the job (S2).
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { IdempotencyClaim } from '@forebay/shared/ports/job-store';

const printable = /^[\x20-\x7e]+$/;

/**
 * Reads the `Idempotency-Key` header, bare or as a quoted string.
 *
 * @param values every occurrence of the header; a repeated header is refused, because proxies
 *   disagree about which one counts.
 * @throws ForebayError `invalid_idempotency_key`
 */
export function readIdempotencyKey(values: readonly string[]): string | undefined {
  const [value, ...more] = values;
  if (value === undefined) return undefined;
  if (more.length > 0) throw refuseKey('appears more than once', 'Send it once');
  const key = unquote(value.trim());
  if (key === undefined) {
    throw refuseKey('has an unfinished quoted string', 'Quote it whole, or send it bare');
  }
  if (key.length < 1 || key.length > limits.idempotencyKeyCharactersMax || !printable.test(key)) {
    const range = `1 to ${limits.idempotencyKeyCharactersMax} printable ASCII characters`;
    throw refuseKey(`has ${key.length} characters or unprintable ones`, `Use ${range}`);
  }
  return key;
}

/** What a key stands for: whose, where, and which. */
export interface IdempotencyScope {
  readonly tenant: TenantId;
  readonly method: string;
  readonly pathTemplate: string;
  readonly key: string;
}

/** Hashes the scope and the request; neither the key nor the body is stored. */
export function claimIdempotency(scope: IdempotencyScope, request: Json): IdempotencyClaim {
  const parts = [scope.tenant, scope.method, scope.pathTemplate, scope.key];
  return { keyHash: sha256(canonicalJson(parts)), fingerprint: sha256(canonicalJson(request)) };
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  const inner = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1];
  return inner?.replace(/\\(["\\])/g, '$1');
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function refuseKey(problem: string, remedy: string): ForebayError {
  return new ForebayError(
    'invalid_idempotency_key',
    `The Idempotency-Key header ${problem}. ${remedy}; a random UUID per job works well.`,
    { param: 'Idempotency-Key' },
  );
}
