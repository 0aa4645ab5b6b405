/** Counts the signs of a prompt's texts, to tell what it is mostly made of. One pass, bounded. */
import type { ContentClass } from '../domain/content-class.ts';

/** Units of one text that are looked at; the beginning of a long text speaks for the rest of it. */
const unitsMax = 16_384;

/** Shares of all signs but blanks, tried on the samples of docs/pricing.md. */
const share = { ideographs: 0.3, code: 0.03, json: 0.12, letters: 0.75, blanks: 0.05 } as const;

const jsonSigns: ReadonlySet<string> = new Set('"{}[]:,');
const codeSigns: ReadonlySet<string> = new Set('();=<>+*&|!`$\\');
const letter = /\p{L}/u;

export class ContentTally {
  #all = 0;
  #letters = 0;
  #blanks = 0;
  #ideographs = 0;
  #json = 0;
  #code = 0;

  add(text: string): void {
    const end = Math.min(text.length, unitsMax);
    for (let index = 0; index < end; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x20) this.#count(unit);
      else this.#blanks += 1;
    }
  }

  /** `other` for a prompt without text. */
  get class(): ContentClass {
    const isAbove = (count: number, least: number): boolean => count > least * this.#all;
    if (isAbove(this.#ideographs, share.ideographs)) return 'cjk';
    if (isAbove(this.#code, share.code)) return 'code';
    if (isAbove(this.#json, share.json)) return 'json';
    // Encoded data has letters and no words.
    const hasWords = isAbove(this.#letters, share.letters) && isAbove(this.#blanks, share.blanks);
    return hasWords ? 'prose' : 'other';
  }

  #count(unit: number): void {
    this.#all += 1;
    if (isAsciiLetter(unit)) this.#letters += 1;
    else if (isIdeograph(unit)) this.#ideographs += 1;
    else this.#countSign(String.fromCharCode(unit));
  }

  #countSign(sign: string): void {
    if (jsonSigns.has(sign)) this.#json += 1;
    else if (codeSigns.has(sign)) this.#code += 1;
    else if (letter.test(sign)) this.#letters += 1;
  }
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function isIdeograph(unit: number): boolean {
  return (unit >= 0x2e80 && unit <= 0x9fff) || (unit >= 0xac00 && unit <= 0xd7af);
}
