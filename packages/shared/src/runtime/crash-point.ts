/**
 * Named places where a process can be made to die as by `kill -9`, for the fault proofs.
 *
 * Nothing happens unless the process was armed at its start, which only the local and test modes
 * can do. A point is a place between two writes; its name says which.
 */

export const crashPoints = [
  'api.before-admit',
  'api.after-admit',
  'api.before-ticket',
  'api.after-ticket',
  'api.before-bulk-admit',
  'api.after-bulk-admit',
  'api.after-bulk-tickets',
  'api.after-cancel',
  'api.after-change',
  'api.after-delete',
  'api.after-operation-job',
  'api.before-operation-count',
  'worker.before-claim',
  'worker.after-permit',
  'worker.after-claim',
  'worker.before-call',
  'worker.after-call',
  'worker.before-journal',
  'worker.after-journal',
  'worker.before-verdict',
  'worker.after-settle',
  'worker.after-renew',
  'worker.after-reassign',
  'worker.before-ticket',
  'worker.after-ticket',
  'worker.after-release',
  'dispatcher.after-feed',
  'dispatcher.after-take',
  'dispatcher.after-reassign',
  'dispatcher.after-settle',
  'dispatcher.before-ticket',
  'dispatcher.after-ticket',
  'archiver.after-take',
  'archiver.before-segment',
  'archiver.after-segment',
  'archiver.after-swap',
  'retention.after-delete',
  'ledger.after-mark',
  'ledger.after-segment',
  'ledger.after-rollups',
  'ledger.after-commit',
  'rollups.after-merge',
  'rollups.after-delete',
  'webhooks.after-take',
  'webhooks.before-ticket',
  'webhooks.after-ticket',
  'webhooks.before-send',
  'webhooks.after-send',
  'webhooks.after-record',
] as const;

export type CrashPoint = (typeof crashPoints)[number];

/** Arms one point: the process dies when it is reached for the `nth` time. */
export interface ArmedCrash {
  readonly point: CrashPoint;
  readonly nth: number;
}

let armed: ArmedCrash | undefined;
let reached = 0;

/** Reads `name` or `name:nth`; `undefined` for text that names no point. */
export function parseArmedCrash(text: string): ArmedCrash | undefined {
  const [name, nth] = text.split(':');
  const point = crashPoints.find((candidate) => candidate === name);
  const count = nth === undefined ? 1 : Number(nth);
  return point === undefined || !Number.isInteger(count) || count < 1
    ? undefined
    : { point, nth: count };
}

/** Arms a point for the rest of this process's life. */
export function armCrash(crash: ArmedCrash): void {
  armed = crash;
  reached = 0;
}

/** Marks a named place; kills this process by SIGKILL when it is armed and its turn has come. */
export function crashPoint(point: CrashPoint): void {
  if (armed === undefined || armed.point !== point) return;
  reached += 1;
  if (reached === armed.nth) process.kill(process.pid, 'SIGKILL');
}
