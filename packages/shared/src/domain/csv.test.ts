import { expect, test } from 'vitest';
import { csvLine } from './csv.ts';

test('a value with a comma, a quote or a line break stands in quotes', () => {
  expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', ''])).toBe('a,"b,c","d""e","f\ng",\r\n');
});

test('a text that a spreadsheet would run begins with an apostrophe, a number never', () => {
  const texts = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', "'=1", '＝1', 'a=1', '1-2', ' =1'];
  expect(csvLine(texts, ['-0.5', '12'])).toBe(
    "'=1+1,'+1,'-1,'@SUM(A1),'\t=1,''=1,'＝1,a=1,1-2, =1,-0.5,12\r\n",
  );
  expect(csvLine(['\r=1', '=HYPERLINK("http://x","y")'])).toBe(
    `"'\r=1","'=HYPERLINK(""http://x"",""y"")"\r\n`,
  );
});
