/**
 * A price row as it was when an attempt began. It stays with the attempt, so that what was charged
 * can be explained after the price has changed.
 */
import type { JsonObject } from './json.ts';

/** Names in snake case; prices are text of whole nano-dollars per million tokens. */
export type PriceSnapshot = JsonObject;
