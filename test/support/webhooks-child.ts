/** The webhook role as a process of its own that dies at a named crash point. */
import { armCrash, parseArmedCrash } from '@forebay/shared/runtime/crash-point';
import { openTestRole, openTestStore } from './webhook-events.ts';

const [redisUrl = '', namespace = '', secret = '', crash = ''] = process.argv.slice(2);
const onError = (error: unknown): void => {
  process.stdout.write(`${String(error)}\n`);
};
const store = await openTestStore({ redisUrl, namespace }, onError);
await store.wakeUps.start('orders');
const relaySettings = { holdMs: 1_500, sendMs: 500, intervalMs: 50, pauseMs: 20, waitingMax: 64 };
const role = await openTestRole({ store, namespace, secret, onError, relaySettings });
const armed = parseArmedCrash(crash);
if (armed !== undefined) armCrash(armed);
role.start();
process.stdout.write('started\n');
