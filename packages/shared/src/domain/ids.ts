/** Identifiers: TypeIDs (prefix, underscore, 26 characters, sortable by time of creation). */
import { TypeID, typeid } from 'typeid-js';

/** `job_…`; legal as a part of a BullMQ id and of a Redis key. */
export type JobId = string & { readonly brand: 'JobId' };

/** A tenant's short name: lower-case letters, digits and hyphens. */
export type TenantId = string & { readonly brand: 'TenantId' };

/** `<jobId>-<fence>`: the id of the BullMQ entry that points at one state of a job. */
export type TicketId = string & { readonly brand: 'TicketId' };

const jobIdPattern = /^job_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const tenantPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ticketPattern = /^(job_[0-7][0-9a-hjkmnp-tv-z]{25})-(\d{1,15})$/;

/** A new job id, later in order than all that this process made before. */
export function newJobId(): JobId {
  return asJobId(typeid('job').toString());
}

/** A new random token with the given prefix, for claims, workers and other short-lived names. */
export function newToken(prefix: string): string {
  // Node keeps random bytes for UUIDs in stock; asking for sixteen costs a hundred times as much.
  return TypeID.fromUUID(prefix, crypto.randomUUID()).toString();
}

/**
 * The name under which one process of a worker holds permits and shows that it lives. A worker that
 * is started again keeps its name, and must not vouch for the calls of the process that died.
 */
export function newHolder(worker: string): string {
  return `${worker}/${newToken('run')}`;
}

/** The token that belongs to a digest of at least sixteen bytes: the same for the same digest. */
export function derivedToken(prefix: string, digest: Uint8Array): string {
  const hex = Buffer.from(digest).toString('hex').slice(0, 32);
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return TypeID.fromUUID(prefix, uuid).toString();
}

/** Reads a job id from a URL or a ticket; `undefined` when it has another form. */
export function parseJobId(text: string): JobId | undefined {
  return jobIdPattern.test(text) ? asJobId(text) : undefined;
}

const idAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** When a job id was made, by the clock of the host that made it, in Unix milliseconds. */
export function createdAtMsOf(id: JobId): number {
  // The first ten characters hold two empty bits and the 48 bits of the time.
  const digits = id.slice('job_'.length, 'job_'.length + 10).split('');
  return digits.reduce((sum, digit) => sum * 32 + idAlphabet.indexOf(digit), 0);
}

/** Reads a tenant name; `undefined` when it has another form. */
export function parseTenantId(text: string): TenantId | undefined {
  // A brand is made only here, after the pattern has held.
  return tenantPattern.test(text) ? (text as TenantId) : undefined;
}

/** The ticket of a job at a fence. */
export function ticketId(job: JobId, fence: number): TicketId {
  // Built from a checked id and a whole number: the one place that makes this brand.
  return `${job}-${fence}` as TicketId;
}

/** Takes a ticket id apart; `undefined` when it is none of ours. */
export function parseTicketId(text: string): { job: JobId; fence: number } | undefined {
  const match = ticketPattern.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { job: asJobId(match[1]), fence: Number(match[2]) };
}

/** The id that travels to the provider with an attempt: one call, one id. */
export function attemptId(job: JobId, fence: number): string {
  return `${job}.${fence}`;
}

function asJobId(text: string): JobId {
  // Callers have made the id or tested it against the pattern.
  return text as JobId;
}
