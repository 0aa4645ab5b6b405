/** What one part of the proof found. */
export interface Figures {
  readonly title: string;
  /** Whether what is promised was seen. */
  readonly kept: boolean;
  /** Markdown, with the figures. */
  readonly text: string;
}
