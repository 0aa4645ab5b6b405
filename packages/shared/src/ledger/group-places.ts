/**
 * Gives every combination of texts a place of its own, the same in each block. Texts become
 * numbers once for each block; after that a group is found by numbers alone.
 */

export interface GroupPlaces {
  /**
   * Makes a block's columns known.
   *
   * @param texts for each column the text of each of its codes.
   * @returns the place of a group, by its code in each column.
   */
  translate(texts: readonly (readonly string[])[]): (codes: readonly number[]) => number;
  /** The texts of each place. */
  readonly keys: readonly (readonly string[])[];
}

/** Above the number of texts that a column can have in memory; times as many groups below 2^53. */
const codesMax = 2 ** 26;

export function createGroupPlaces(columns: number): GroupPlaces {
  const known = Array.from({ length: columns }, () => new Map<string, number>());
  const levels = Array.from({ length: columns }, () => new Map<number, number>());
  const keys: (readonly string[])[] = [];
  const numberOf = (column: number, text: string): number => {
    const numbers = known[column] ?? new Map<string, number>();
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return {
    keys,
    translate(texts) {
      const numbers = texts.map((own, column) => own.map((text) => numberOf(column, text)));
      return (codes) => {
        let place = 0;
        for (const [column, code] of codes.entries()) {
          const level = levels[column] ?? new Map<number, number>();
          const step = place * codesMax + (numbers[column]?.[code] ?? 0);
          place = level.get(step) ?? level.size;
          if (place === level.size) level.set(step, place);
        }
        if (place === keys.length) {
          keys.push(codes.map((code, column) => texts[column]?.[code] ?? ''));
        }
        return place;
      };
    },
  };
}
