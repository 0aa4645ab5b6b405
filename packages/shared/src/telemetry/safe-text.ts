/** Text for people who look at logs and traces: terminals and pages that show it are not safe. */

const textCharactersMax = 512;

/** Cuts a text to a bounded length and replaces control characters. */
export function safeText(text: string): string {
  return text.slice(0, textCharactersMax).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '\uFFFD');
}
