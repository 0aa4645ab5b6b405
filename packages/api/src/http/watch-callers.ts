/**
 * Ends calls that stay open for longer than their key may call: streams and waits of a key that
 * was revoked, has expired, lost the scope, or belongs to a tenant that was suspended meanwhile.
 *
 *  W1. A call ends within the time for which keys are remembered, as it would be refused if it
 *      came now.
 *  W2. One look per key and place that it calls from, however many of its calls are open.
 *  W3. A store that is away ends nothing: while it is, no call can read anything either.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { KeyScope } from '@forebay/shared/ports/key-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { type Authenticator, type Credentials, requireScope } from './authenticate.ts';

export interface OpenCall {
  readonly credentials: Credentials;
  readonly scope: KeyScope;
  /** Called once, with what a call that came now would be refused with. */
  readonly end: (refusal: ForebayError) => void;
}

export interface CallerWatch extends Service {
  /** Watches a call until it is released. */
  watch(call: OpenCall): { release(): void };
}

export interface CallerWatchDeps {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** What is remembered of a key at the longest, and the pause between two looks: five seconds. */
const rememberedMs = 4_000;
const lookIntervalMs = 1_000;

export function createCallerWatch(deps: CallerWatchDeps): CallerWatch {
  const open = new Set<OpenCall>();
  const loop = createLoop({
    name: 'caller-watch',
    clock: deps.clock,
    intervalMs: lookIntervalMs,
    round: async () => {
      const looks = groupsOf(open).map((group) => refusalOf(deps, group));
      for (const [call, refusal] of (await Promise.all(looks)).flat()) {
        if (open.delete(call)) call.end(refusal);
      }
      return false;
    },
    onError: deps.onError,
  });
  return {
    name: loop.name,
    start: () => loop.start(),
    stop: () => loop.stop(),
    watch(call) {
      open.add(call);
      return { release: () => void open.delete(call) };
    },
  };
}

/** W2. */
function groupsOf(open: Iterable<OpenCall>): readonly (readonly OpenCall[])[] {
  const groups = new Map<string, OpenCall[]>();
  for (const call of open) {
    const { headers, address } = call.credentials;
    const name = JSON.stringify([...headers, address, call.scope]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [call]);
    else group.push(call);
  }
  return [...groups.values()];
}

type Ended = readonly [OpenCall, ForebayError];

async function refusalOf(
  { authenticator }: CallerWatchDeps,
  group: readonly OpenCall[],
): Promise<readonly Ended[]> {
  const [first] = group;
  if (first === undefined) return [];
  try {
    const caller = await authenticator.authenticate(first.credentials, { rememberedMs });
    requireScope(caller, first.scope);
    return [];
  } catch (error) {
    // Going on is safe: the next look asks again (W3).
    if (!ForebayError.is(error) || error.entry.status >= 500) return [];
    return group.map((call) => [call, error]);
  }
}
