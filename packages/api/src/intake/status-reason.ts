/**
 * Why a job stands where it stands, in words. What is written in the record stays true between
 * its changes; how many are ahead does not, so it is added when somebody asks. Codes are the
 * record's: programs read those, people the text.
 */
import type { JobRecord, StatusReason, WaitsFor } from '@forebay/shared/domain/job';

/**
 * @param queuePosition tickets ahead of it; `undefined` when none is known.
 * @param opensAtMs when its model takes calls again; `undefined` while that takes them.
 */
export function currentReason(
  record: JobRecord,
  queuePosition: number | undefined,
  opensAtMs?: number,
): StatusReason {
  const { code, text } = record.statusReason;
  if (record.state === 'scheduled' && record.runAtMs !== undefined) {
    return { code, text: `scheduled until ${timeText(record.runAtMs)}` };
  }
  if (record.waitsFor?.kind === 'budget')
    return { code, text: `${text}; ${renewal(record.waitsFor)}` };
  if (record.state !== 'queued' || queuePosition === undefined) return { code, text };
  const paused = opensAtMs === undefined ? '' : `, paused until ${timeText(opensAtMs)}`;
  const place = `${queuePosition} ahead on ${record.model}${paused}`;
  // A job that has been moved keeps the reason for it, which nobody could guess.
  return { code, text: code === 'queued' ? `waiting: ${place}` : `${text}; ${place}` };
}

function renewal({ account, renewsAtMs }: Extract<WaitsFor, { kind: 'budget' }>): string {
  if (account.startsWith('batch:')) return 'the ceiling of its bulk call';
  const name = account.startsWith('all:') ? 'the budget of this installation' : account;
  if (renewsAtMs === undefined) return name;
  return `${name} begins anew at ${timeText(renewsAtMs)}`;
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
