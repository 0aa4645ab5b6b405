import { placeRules } from './place-rules.ts';
import {
  fileHeader,
  fileLength,
  functionLength,
  lineLength,
  parameterCount,
} from './size-rules.ts';
import { castComment, noAny, noDefaultExport, noEnum, noNonNull } from './syntax-rules.ts';
import { noSleeping, uniqueTestNames } from './test-rules.ts';
import { linksExist, noBucketNames, numberedTodos, oneTitle } from './text-rules.ts';
import type { TidyRule } from './tidy-file.ts';

/** Everything that tidy insists on. */
export const tidyRules: readonly TidyRule[] = [
  fileLength,
  functionLength,
  lineLength,
  fileHeader,
  parameterCount,
  noAny,
  noNonNull,
  noEnum,
  noDefaultExport,
  castComment,
  ...placeRules,
  uniqueTestNames,
  noSleeping,
  noBucketNames,
  numberedTodos,
  oneTitle,
  linksExist,
];
