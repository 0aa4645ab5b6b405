/**
 * Gives every combination of texts a place of its own, the same in each block. Texts become
 * numbers once for each block; after that a group is found by numbers alone.
 */

/** A column of a block: codes of rows, and the text of each code. */
export interface TextCodes {
  readonly codes: ArrayLike<number>;
  readonly texts: readonly string[];
}

export interface GroupPlaces {
  /** Makes a block's columns known. @returns the place of a group, by any row of it. */
  translate(columns: readonly TextCodes[]): (row: number) => number;
  /** The texts of each place. */
  readonly keys: readonly (readonly string[])[];
}

/** Above the number of texts that a column can have in memory; times as many groups below 2^53. */
const codesMax = 2 ** 26;

export function createGroupPlaces(columns: number): GroupPlaces {
  const numbered = Array.from({ length: columns }, () => new Map<string, number>());
  const levels = Array.from({ length: columns }, () => new Map<number, number>());
  const keys: (readonly string[])[] = [];
  const numberOf = (column: number, text: string): number => {
    const numbers = numbered[column] ?? new Map<string, number>();
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return {
    keys,
    translate(block) {
      const translated = block.map(({ codes, texts }, column) => ({
        codes,
        texts,
        numbers: texts.map((text) => numberOf(column, text)),
        level: levels[column] ?? new Map<number, number>(),
      }));
      return (row) => {
        let place = 0;
        for (const { codes, numbers, level } of translated) {
          const step = place * codesMax + (numbers[codes[row] ?? 0] ?? 0);
          const known = level.get(step);
          place = known ?? level.size;
          if (known === undefined) level.set(step, place);
        }
        if (place === keys.length) {
          keys.push(translated.map(({ codes, texts }) => texts[codes[row] ?? 0] ?? ''));
        }
        return place;
      };
    },
  };
}
