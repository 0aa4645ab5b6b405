/** Makes one generated file. Each generator stands in its own file in this folder. */
export interface DocGenerator {
  /** Path of the generated file inside the repository. */
  readonly file: string;
  /** The whole content of the file, ending in a line break. */
  generate(): string | Promise<string>;
}
