/** Suggestions for mistyped names. */

/** Longer names are not compared: nobody mistypes one of them by hand, and the work is squared. */
const charactersMax = 64;

/** Finds the known name that a typing error would most likely come from, if one is near. */
export function nearestName(text: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    if (name.length > charactersMax || text.length > charactersMax) continue;
    const distance = editDistance(text.toLowerCase(), name.toLowerCase());
    if (distance > errorsMax(name)) continue;
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  return best?.name;
}

/** A third of the name may be wrong; in very short names any other letter is another name. */
function errorsMax(name: string): number {
  return Math.floor(name.length / 3);
}

/** A hint such as ` (did you mean "models"?)`, empty when nothing is near. */
export function didYouMean(text: string, known: Iterable<string>): string {
  const name = nearestName(text, known);
  return name === undefined ? '' : ` (did you mean "${name}"?)`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two texts. */
function editDistance(left: string, right: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let index = 1; index <= left.length; index += 1) {
    const row = [index];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[index - 1] === right[column - 1];
      const isSwap = left[index - 1] === right[column - 2] && left[index - 2] === right[column - 1];
      row.push(
        Math.min(
          at(last, column - 1) + (isSame ? 0 : 1),
          at(row, column - 1) + 1,
          at(last, column) + 1,
          isSwap ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = row;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
