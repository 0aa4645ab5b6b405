/** What the store knows of the wishes for a job: its user's, and the model of its session. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { PreferenceView } from '@forebay/shared/live/preference-view';
import type { SessionPins } from '@forebay/shared/live/session-pins';
import type { JobWishes } from '@forebay/shared/routing/direct-job';
import type { JobRequest } from './parse-job-request.ts';

export interface WishesDeps {
  readonly preferences: PreferenceView;
  readonly sessions: SessionPins;
}

export type StoredWishes = Pick<JobWishes, 'ofUser' | 'pinned'>;

/** Asks the store seldom, see the views. @throws ForebayError `store_unavailable` */
export async function lookUpWishes(
  { preferences, sessions }: WishesDeps,
  tenant: TenantId,
  { user, routing, requested }: Pick<JobRequest, 'user' | 'routing' | 'requested'>,
): Promise<StoredWishes> {
  const session = routing?.session;
  if (user === undefined && session === undefined) return {};
  const [ofUser, pinned] = await Promise.all([
    preferences.of(tenant, user),
    session === undefined ? undefined : sessions.of({ tenant, session, requested }),
  ]);
  return { ofUser, pinned };
}

/** Lets the session of a job that was taken in stay with its model. */
export function noteSession({ sessions }: WishesDeps, { tenant, spec, model }: JobRecord): void {
  const session = spec.directives?.session;
  if (session === undefined) return;
  sessions.note({ tenant, session, requested: spec.requested }, model);
}
