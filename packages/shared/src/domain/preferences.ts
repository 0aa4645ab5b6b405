/** Models or aliases that somebody would rather have, or rather not. */
export interface Preferences {
  /** Which of them comes first the route's strategy says. */
  readonly prefer: readonly string[];
  readonly avoid: readonly string[];
}
