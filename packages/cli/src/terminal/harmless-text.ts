/**
 * Text that a terminal only shows. Answers, names and reasons come from models and from other
 * people: what a terminal would obey in them could hide lines, change its title or fill its input.
 */
import { startOfCode } from './colours.ts';

/** What may be one of our colours, a line end, or a control character but tab and line feed. */
const special = /\p{Cc}\[(?:0|1|2|31|32)m|\r\n|[^\P{Cc}\t\n]/gu;

export function harmlessText(text: string): string {
  return text.replaceAll(special, (found) =>
    found.startsWith(startOfCode) || found === '\r\n' ? found : `\ufffd${found.slice(1)}`,
  );
}
