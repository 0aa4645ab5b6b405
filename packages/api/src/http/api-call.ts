/** A request and its reply as values: handlers see these and never the web framework. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import type { AdminScope } from '@forebay/shared/ports/admin-key-store';
import type { KeyScope } from '@forebay/shared/ports/key-store';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';

/** Who calls, taken from the key alone. */
export interface Caller {
  readonly keyId: string;
  /** In whose name it pays and counts, see `StoredKey.payerKeyId`. */
  readonly payerKeyId: string;
  readonly tenant: TenantId;
  readonly scopes: readonly KeyScope[];
  /** A suspended tenant makes no new jobs. */
  readonly isSuspended: boolean;
  /** Requests within any minute; `undefined` for any number. */
  readonly requestsPerMinute: number | undefined;
  /** Jobs of its payer that may run at once; `undefined` for any number. */
  readonly inFlightMax: number | undefined;
  /** What its jobs may ask for. */
  readonly grants: IntakeGrants;
}

export interface ApiCall {
  readonly method: string;
  /** The route's own path, such as `/v1/jobs/:id`, whatever the request line says. */
  readonly pathTemplate: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Every occurrence of a header, in order. */
  readonly headers: (name: string) => readonly string[];
  /** The parsed JSON; `null` for routes without a body. */
  readonly body: Json;
  readonly bodyBytes: number;
  readonly requestId: string;
  /**
   * Aborts when the caller hangs up or the process shuts down; also when the caller may not go on,
   * and then `refusalIn` says why.
   */
  readonly signal: AbortSignal;
}

/** A call on a route that needs a key. */
export interface AuthenticatedCall extends ApiCall {
  readonly caller: Caller;
}

/** Who calls on the admin listener. */
export interface Operator {
  /** As the audit log names whoever it is: `key:<id>`, `basic:<user>`, `configured-key`. */
  readonly actor: string;
  readonly scopes: readonly AdminScope[];
}

/** A call on a route of operators. */
export interface AdminCall extends ApiCall {
  readonly operator: Operator;
}

/** A call whose body is read as it arrives. */
export interface StreamedCall extends AuthenticatedCall {
  /** Fails with `request_timeout` after too long a silence, with `invalid_json` when it is cut. */
  readonly input: AsyncIterable<Uint8Array>;
  /**
   * Holds while the call may go on: a body can take longer than its key lives. Costs a look at the
   * store once in the seconds for which keys are remembered.
   *
   * @throws ForebayError as the call would be refused that came now, `store_unavailable`.
   */
  readonly requireStillAllowed: () => Promise<void>;
}

export interface ApiReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent for replies without content. */
  readonly body?: Json;
  /** Sent as it is, instead of a body; the headers must say what it is. */
  readonly text?: string | Uint8Array;
  /**
   * Sent as they come, at the receiver's pace, instead of a body. Something thrown here cuts the
   * connection, because the status has left already.
   */
  readonly chunks?: AsyncIterable<string | Uint8Array>;
}
