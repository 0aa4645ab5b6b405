/** What one check of `forebay doctor` found. */

export type Finding =
  | { readonly status: 'ok'; readonly detail: string }
  /** The remedy is a sentence that says what to do. */
  | { readonly status: 'wrong'; readonly detail: string; readonly remedy: string }
  /** Something that many installations want is off; nothing is wrong. */
  | { readonly status: 'warning'; readonly detail: string; readonly remedy: string }
  | { readonly status: 'skipped'; readonly detail: string };

export interface NamedFinding {
  readonly name: string;
  readonly finding: Finding;
}

export function ok(detail: string): Finding {
  return { status: 'ok', detail };
}

export function wrong(detail: string, remedy: string): Finding {
  return { status: 'wrong', detail, remedy };
}

export function warning(detail: string, remedy: string): Finding {
  return { status: 'warning', detail, remedy };
}

export function skipped(detail: string): Finding {
  return { status: 'skipped', detail };
}
