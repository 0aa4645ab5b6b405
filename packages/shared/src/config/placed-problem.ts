/** What is wrong with a configuration that is right value by value. */
import { didYouMean } from '../domain/nearest-name.ts';

/** A problem and the place in the file that it is about. */
export interface PlacedProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A name that nothing has, with the one that was probably meant. */
export function quote(name: string, known: readonly string[]): string {
  return `"${name}"${didYouMean(name, known)}`;
}
