/** Colours, or none: `--no-color`, `NO_COLOR`, and what is no terminal get plain text. */

export interface Colours {
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
  /** By what the status means. */
  status(text: string): string;
}

export const startOfCode = '\u001b[';

function paint(code: number): (text: string) => string {
  return (text) => `${startOfCode}${code}m${text}${startOfCode}0m`;
}

const good = paint(32);
const bad = paint(31);
const plain = (text: string): string => text;

export function createColours(isOn: boolean): Colours {
  if (!isOn) return { good: plain, bad: plain, faint: plain, strong: plain, status: plain };
  return {
    good,
    bad,
    faint: paint(2),
    strong: paint(1),
    status(text) {
      const word = text.trim();
      if (['succeeded', 'accepted', 'ok'].includes(word)) return good(text);
      return ['failed', 'rejected', 'expired', 'wrong'].includes(word) ? bad(text) : text;
    },
  };
}
