/** Text that waits to be written: joined where it belongs together, cut where it is too long. */
import { limits } from '@forebay/shared/domain/limits';
import type { TextDelta } from '@forebay/shared/domain/text-delta';

export interface DeltaQueue {
  add(delta: TextDelta): void;
  /** Takes the oldest pieces out. */
  take(countMax: number): readonly TextDelta[];
  isEmpty(): boolean;
  /** Characters that wait. */
  readonly characters: number;
}

export function createDeltaQueue(): DeltaQueue {
  let pieces: TextDelta[] = [];
  let characters = 0;
  const append = (delta: TextDelta): void => {
    // Only the order within a choice matters: pieces of other choices may stand in between.
    const at = pieces.findLastIndex(({ choice }) => choice === delta.choice);
    const last = pieces[at];
    if (last?.field === delta.field && fits(last.text, delta.text)) {
      pieces[at] = { ...last, text: last.text + delta.text };
    } else pieces.push(delta);
  };
  return {
    add(delta) {
      characters += delta.text.length;
      for (let from = 0; from < delta.text.length; from += limits.deltaCharactersMax) {
        append({ ...delta, text: delta.text.slice(from, from + limits.deltaCharactersMax) });
      }
    },
    take(countMax) {
      const taken = pieces.slice(0, countMax);
      pieces = pieces.slice(countMax);
      for (const { text } of taken) characters -= text.length;
      return taken;
    },
    isEmpty: () => pieces.length === 0,
    get characters() {
      return characters;
    },
  };
}

function fits(held: string, added: string): boolean {
  return held.length + added.length <= limits.deltaCharactersMax;
}
