/**
 * The installation's webhook URL policy, from what its operator set. The api and the worker both
 * make it here, so that a URL which was taken in is judged alike at every delivery.
 */
import type { WebhookUrlPolicy } from './url-policy.ts';

/** The parts of the environment and of the configuration file that decide. */
export interface WebhookSettings {
  readonly env: {
    /** Refused in production when the environment is read. */
    readonly allowLoopbackWebhooks: boolean;
    readonly publicUrl: string | undefined;
  };
  readonly config: {
    readonly webhooks: { readonly allowHttp: boolean; readonly extraPorts: readonly number[] };
  };
}

/**
 * A reload of the configuration changes what the policy says, without a new policy.
 *
 * Loopback does not open public targets without TLS, nor do those open loopback.
 */
export function policyFromSettings({ env, config }: WebhookSettings): WebhookUrlPolicy {
  return {
    get allowHttp() {
      return config.webhooks.allowHttp;
    },
    allowLoopback: env.allowLoopbackWebhooks,
    get extraPorts() {
      return config.webhooks.extraPorts;
    },
    ownHosts: env.publicUrl === undefined ? [] : [ownHost(env.publicUrl)],
  };
}

/** Without a port the whole host is ours; with one, other ports may be somebody else's. */
function ownHost(publicUrl: string): string {
  return new URL(publicUrl).host;
}
