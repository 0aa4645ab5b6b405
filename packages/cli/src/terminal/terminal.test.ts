import { expect, test } from 'vitest';
import { createTerminal, type Terminal } from './terminal.ts';

const hostile = 'a\u001b]0;title\u0007b\u009b2Jc\rd\u001b[8me\r\nf\tg\u007f\n';

function setup(isTTY: boolean): { readonly terminal: Terminal; readonly texts: string[] } {
  const texts: string[] = [];
  const stream = { isTTY, write: (text: string) => texts.push(text) };
  const options = { json: false, quiet: false, colours: true };
  return { terminal: createTerminal({ stdout: stream, stderr: stream, ...options }), texts };
}

test('a terminal is shown what it would obey', () => {
  const { terminal, texts } = setup(true);
  terminal.out(hostile);
  terminal.note('x\u001b[2J');
  terminal.complain('y\u001bc');
  expect(texts).toEqual([
    'a\ufffd]0;title\ufffdb\ufffd2Jc\ufffdd\ufffd[8me\r\nf\tg\ufffd\n',
    'forebay: x\ufffd[2J\n',
    'forebay: y\ufffdc\n',
  ]);
});

test('our own colours reach it', () => {
  const { terminal, texts } = setup(true);
  const { colours } = terminal;
  const painted = `${colours.good('a')}${colours.bad('b')}${colours.faint('c')}`;
  terminal.out(painted);
  expect(texts).toEqual([painted]);
});

test('what is no terminal gets every byte', () => {
  const { terminal, texts } = setup(false);
  terminal.out(hostile);
  expect(texts).toEqual([hostile]);
});
