/** One line of `GET /v1/models`: a model, or a route over models. */
export interface ModelEntry {
  readonly id: string;
  readonly object: string;
  /** Models only. */
  readonly kinds?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly context_window?: number;
  readonly max_output_tokens?: number;
  /** `ok`, `degraded`, `down` or `unknown`. */
  readonly health?: string;
  /** Models that retire one day. */
  readonly life?: 'active' | 'retiring' | 'retired';
  readonly retires_at?: string;
  readonly replaced_by?: string | null;
  /** Aliases only: what it stands for now. */
  readonly alias_of?: string;
  /** Routes only. */
  readonly strategy?: string;
  readonly targets?: readonly string[];
}
