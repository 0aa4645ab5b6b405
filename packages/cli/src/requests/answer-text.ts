/** The words in a provider's answer; what has none is shown as JSON. */
import { isJsonObject } from '@forebay/shared/domain/json';

export function answerText(result: unknown): string {
  const texts = isJsonObject(result) ? [...chatTexts(result), ...responseTexts(result)] : [];
  return texts.length > 0 ? texts.join('\n') : JSON.stringify(result, null, 2);
}

function chatTexts({ choices }: Readonly<Record<string, unknown>>): readonly string[] {
  return objectsIn(choices).flatMap(({ message }) =>
    isJsonObject(message) && typeof message['content'] === 'string' ? [message['content']] : [],
  );
}

function responseTexts({ output }: Readonly<Record<string, unknown>>): readonly string[] {
  return objectsIn(output)
    .flatMap(({ content }) => objectsIn(content))
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
}

function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
