import type { Frame } from '../answers/answer.ts';

/** Writes the events of one streamed response, numbered from zero. */
export class EventWriter {
  #next = 0;

  write(event: { type: string; [field: string]: unknown }, tokens: number): Frame {
    const numbered = JSON.stringify({ ...event, sequence_number: this.#next });
    this.#next += 1;
    return { text: `event: ${event.type}\ndata: ${numbered}\n\n`, tokens };
  }
}
