import type { Json } from '@forebay/shared/domain/json';

/** Text of a provider as JSON; `undefined` when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    // What `JSON.parse` returns is `Json` by definition; it declares no type of its own.
    return JSON.parse(text) as Json;
  } catch {
    // Text that is no JSON is an expected outcome here; the caller classifies it.
    return undefined;
  }
}
