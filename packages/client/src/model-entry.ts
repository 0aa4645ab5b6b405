/** One line of `GET /v1/models`: a model, or a route over models. */
export interface ModelEntry {
  readonly id: string;
  readonly object: string;
  /** Models only. */
  readonly kinds?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly context_window?: number;
  readonly max_output_tokens?: number;
  /** Routes only. */
  readonly strategy?: string;
  readonly targets?: readonly string[];
}
