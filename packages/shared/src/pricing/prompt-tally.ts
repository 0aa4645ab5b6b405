/** Running sums over a prompt while it is measured. Lives for one call of `measurePrompt`. */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { ContentTally } from './content-tally.ts';
import type { UnboundedField } from './find-unbounded-fields.ts';
import { measureText } from './measure-text.ts';

/** `raw`: the model reads the text as it is. `rendered`: a template may encode it as JSON. */
export type TextMode = 'raw' | 'rendered';

/** Most bytes of a number, a boolean or null in any notation, with its separators. */
const scalarBytesMax = 32;

/** Quotes, colon, comma and line break around one value. */
const separatorBytes = 8;

/** Widest indentation of one level in a pretty-printed template. */
const indentBytes = 4;

/** Further things are only refused. */
const unboundedMax = 32;

export class PromptTally {
  /** Bytes, and so tokens, that the input can have at most. */
  bound = 0;
  /** A guess at the tokens. */
  estimate = 0;
  imageCount = 0;
  /** What its texts are made of. */
  readonly content = new ContentTally();
  usesTools = false;
  /** The first things inside the prompt whose cost cannot be bounded. */
  readonly unbounded: UnboundedField[] = [];

  /** Adds tokens that a template or tokenizer puts in by itself. */
  addOverhead(boundTokens: number, estimateTokens: number): void {
    this.bound += boundTokens;
    this.estimate += estimateTokens;
  }

  addText(text: string, mode: TextMode): void {
    const weight = measureText(text);
    this.bound += mode === 'raw' ? weight.rawBytes : weight.renderedBytes + separatorBytes;
    this.estimate += weight.tokensEstimate;
    if (mode === 'raw') this.content.add(text);
  }

  /** Adds a value as the most wasteful template writes it: escaped, indented, one per line. */
  addRendered(value: Json | undefined, path: string, depth = 1): void {
    if (value === undefined) return;
    this.bound += separatorBytes + depth * indentBytes;
    if (typeof value === 'string') this.addText(value, 'rendered');
    else if (Array.isArray(value)) this.addItems(value, path, depth);
    else if (isJsonObject(value)) this.addMembers(value, path, depth);
    else this.bound += scalarBytesMax;
  }

  refuse(param: string, detail: string): void {
    if (this.unbounded.length < unboundedMax) this.unbounded.push({ param, detail });
  }

  private addItems(items: readonly Json[], path: string, depth: number): void {
    for (const [index, item] of items.entries()) {
      this.addRendered(item, `${path}[${index}]`, depth + 1);
    }
  }

  private addMembers(members: JsonObject, path: string, depth: number): void {
    for (const [key, member] of Object.entries(members)) {
      if (key === 'cache_control') this.refuseCacheControl(`${path}.${key}`);
      this.addText(key, 'rendered');
      this.addRendered(member, `${path}.${key}`, depth + 1);
    }
  }

  private refuseCacheControl(param: string): void {
    this.refuse(param, `\`${param}\` buys cache writes at a price of their own; leave it out`);
  }
}
