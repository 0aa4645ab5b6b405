/** What a prompt is mostly made of: the guess at its tokens is off in its own way for each. */
export const contentClasses = ['prose', 'code', 'json', 'cjk', 'other'] as const;

export type ContentClass = (typeof contentClasses)[number];
