/** `/v1/users/{user}/preferences`: models that a user would rather have, or rather not. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import type { Preferences } from '@forebay/shared/domain/preferences';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import {
  type ManagePreferencesDeps,
  readPreferences,
  removePreferences,
  setPreferences,
  type UserRef,
} from '../intake/preferences/manage-preferences.ts';

export interface PreferenceRoutesDeps {
  readonly preferences: ManagePreferencesDeps;
  readonly clock: Clock;
}

/** Two full lists of long names. */
const bodyBytesMax = 16 * 1024;

export function preferenceRoutes(deps: PreferenceRoutesDeps): readonly KeyedRoute[] {
  const path = '/v1/users/:user/preferences';
  return [
    {
      ...{ method: 'GET', path, scope: 'jobs:read', limits: plainLimits, audit: 'read' },
      summary: 'Read what a user prefers',
      requestSchema: 'none',
      handle: (call) => getPreferences(deps, call),
    },
    {
      ...{ method: 'PUT', path, scope: 'jobs:write', audit: 'write' },
      limits: { bodyBytesMax, waitSecondsMax: 0 },
      summary: 'Say what a user prefers, in place of what was said before',
      requestSchema: 'UserPreferences',
      handle: (call) => putPreferences(deps, call),
    },
    {
      ...{ method: 'DELETE', path, scope: 'jobs:write', limits: plainLimits, audit: 'write' },
      summary: 'Forget what a user prefers',
      requestSchema: 'none',
      handle: (call) => deletePreferences(deps, call),
    },
  ];
}

async function getPreferences(
  deps: PreferenceRoutesDeps,
  call: AuthenticatedCall,
): Promise<ApiReply> {
  const ref = refOf(call);
  return reply(ref, await answerInTime(deps.clock, () => readPreferences(deps.preferences, ref)));
}

async function putPreferences(
  deps: PreferenceRoutesDeps,
  call: AuthenticatedCall,
): Promise<ApiReply> {
  const ref = refOf(call);
  const { body } = call;
  const set = () => setPreferences(deps.preferences, ref, body);
  return reply(ref, await answerInTime(deps.clock, set));
}

async function deletePreferences(
  deps: PreferenceRoutesDeps,
  call: AuthenticatedCall,
): Promise<ApiReply> {
  const ref = refOf(call);
  await answerInTime(deps.clock, () => removePreferences(deps.preferences, ref));
  return { status: 204 };
}

/** @throws ForebayError `not_found` for what can be no job's user. */
function refOf({ caller, params }: AuthenticatedCall): UserRef {
  const user = params['user'] ?? '';
  if (user.length > limits.userCharactersMax || !/^[^\p{Cc}\p{Cs}]+$/u.test(user)) {
    throw new ForebayError('not_found', 'This user has no preferences.');
  }
  return { tenant: caller.tenant, user };
}

function reply({ user }: UserRef, { prefer, avoid }: Preferences): ApiReply {
  const lists = { preferred_models: prefer, avoided_models: avoid };
  return { status: 200, body: { object: 'user_preferences', user, ...lists } };
}
