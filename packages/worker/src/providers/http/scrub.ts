/**
 * Makes an excerpt of a provider's text fit to be kept: no keys, no control characters, short.
 * Error bodies are untrusted and may repeat the key that was sent.
 */

/** Longest message kept of an error. */
export const excerptCharactersMax = 500;

/** How much of a body is looked at at all. */
const inspectedCharactersMax = 8_192;

const mask = '[redacted]';

const secretPatterns = [
  /\b(?:bearer|basic)\s+[\w.~+/=*-]+/gi,
  /\b(?:api[-_ ]?key|token|secret|password|authorization)["']?\s*[=:]\s*["']?[^\s"',;&)]+/gi,
  // Prefixes that vendors give their keys, also when the middle is already starred out.
  /\b(?:sk|pk|rk|gsk|xai|hf|key|ghp|whsec|fb)[-_][\w*.-]{4,}/gi,
  /\b(?:AIza|AKIA|ya29\.|eyJ)[\w*./-]{8,}/g,
  // Any long unbroken run of key characters. Words and most ids are shorter.
  /[A-Za-z0-9+/_=-]{32,}/g,
];

/**
 * @param secrets values known to be secret, such as the key of the call.
 * @returns at most `excerptCharactersMax` characters on one line.
 */
export function scrub(text: string, secrets: readonly string[] = []): string {
  let kept = firstWords(text)
    // Control, format (zero width, bidirectional) and unpaired surrogate characters.
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}]+/gu, '');
  for (const secret of secrets) {
    if (secret.length >= 4) kept = kept.replaceAll(secret, mask);
  }
  for (const pattern of secretPatterns) kept = kept.replace(pattern, mask);
  return cut(kept.replace(/ {2,}/g, ' ').trim());
}

/** Bounds the work. The word at the cut goes too: half a key would pass the patterns. */
function firstWords(text: string): string {
  if (text.length <= inspectedCharactersMax) return text;
  const inspected = text.slice(0, inspectedCharactersMax);
  return inspected.slice(0, Math.max(inspected.lastIndexOf(' '), 0));
}

function cut(text: string): string {
  if (text.length <= excerptCharactersMax) return text;
  // A character outside the basic plane is never cut in half.
  return `${text.slice(0, excerptCharactersMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
