/** Text for people who look at logs and traces: terminals and pages that show it are not safe. */

const textCharactersMax = 512;
const plainText = /^[ -~]*$/;

/** Cuts a text to a bounded length and replaces control characters. */
export function safeText(text: string): string {
  // Nearly every text is an id or a name; looking at each character's class costs far more.
  if (text.length <= textCharactersMax && plainText.test(text)) return text;
  return text.slice(0, textCharactersMax).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '\uFFFD');
}
