/** The smallest parts of Terraform's language (HCL) by which its blocks and literals are found. Comments are left out. */
export type Token =
  /** An identifier, or a number. */
  | { readonly kind: 'word'; readonly text: string; readonly start: number; readonly end: number }
  /** With its quotes and all that is interpolated in it. `isHeredoc`: it begins with `<<`, and has no quotes. */
  | { readonly kind: 'string'; readonly start: number; readonly end: number; readonly isHeredoc: boolean }
  /** Any other character. */
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'newline' };

const word = /[\p{ID_Start}\d_][\p{ID_Continue}-]*/uy;
const spaces = /[^\S\n]+/y;
const heredocStart = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;

/** Each character is looked at a bounded number of times. What is never closed goes on to the end of the text. */
export function* tokensOf(text: string): Generator<Token, undefined> {
  let at = 0;
  while (at < text.length) {
    const start = at;
    const character = text[at] ?? '';
    at = afterComment(text, at);
    if (at > start) {
      continue;
    }
    if (character === '\n') {
      at += 1;
      yield { kind: 'newline' };
      continue;
    }
    at = afterMatch(spaces, text, at);
    if (at > start) {
      continue;
    }
    at = afterMatch(word, text, at);
    if (at > start) {
      yield { kind: 'word', text: text.slice(start, at), start, end: at };
      continue;
    }
    at = afterTemplate(text, at);
    if (at > start) {
      yield { kind: 'string', start, end: at, isHeredoc: character === '<' };
      continue;
    }
    at += 1;
    yield { kind: 'sign', text: character };
  }
  return undefined;
}

function afterMatch(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The end of a comment that begins here; a line's own end is no part of it. */
function afterComment(text: string, at: number): number {
  if (text.startsWith('/*', at)) {
    const end = text.indexOf('*/', at + 2);
    return end === -1 ? text.length : end + 2;
  }
  if (text[at] === '#' || text.startsWith('//', at)) {
    const end = text.indexOf('\n', at);
    return end === -1 ? text.length : end;
  }
  return at;
}

/** What is open within a template, the innermost last. */
type Open =
  | { readonly kind: 'quote' }
  | { readonly kind: 'heredoc'; readonly marker: string }
  /** `${…}`, with as many braces in it as are open. */
  | { readonly kind: 'code'; braces: number };

/** The end of a quoted string or a heredoc that begins here, if one does. */
function afterTemplate(text: string, from: number): number {
  const first = opened(text, from);
  if (first === undefined) {
    return from;
  }
  const open: Open[] = [first.open];
  let at = first.at;
  for (let inner = open.at(-1); inner !== undefined && at < text.length; inner = open.at(-1)) {
    if (inner.kind === 'code') {
      at = stepInCode(text, at, inner, open);
    } else if (inner.kind === 'heredoc' && text[at - 1] === '\n' && lineAt(text, at).trim() === inner.marker) {
      at += lineAt(text, at).length;
      open.pop();
    } else {
      at = stepInTemplate(text, at, inner, open);
    }
  }
  return at;
}

function opened(text: string, at: number): { readonly open: Open; readonly at: number } | undefined {
  if (text[at] === '"') {
    return { open: { kind: 'quote' }, at: at + 1 };
  }
  heredocStart.lastIndex = at;
  const [all = '', marker] = heredocStart.exec(text) ?? [];
  return marker === undefined ? undefined : { open: { kind: 'heredoc', marker }, at: at + all.length };
}

/** The rest of the line, without its end. */
function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(at, end === -1 ? text.length : end);
}

function stepInTemplate(text: string, at: number, { kind }: Open, open: Open[]): number {
  const character = text[at];
  if (character === '$' || character === '%') {
    if (text.startsWith(`${character}${character}{`, at)) {
      return at + 3;
    }
    if (text[at + 1] === '{') {
      open.push({ kind: 'code', braces: 0 });
      return at + 2;
    }
  }
  if (kind === 'quote') {
    if (character === '\\' && text[at + 1] !== '\n') {
      return at + 2;
    }
    // Strings end with their line: this one was never closed.
    if (character === '\n') {
      open.pop();
      return at;
    }
    if (character === '"') {
      open.pop();
    }
  }
  return at + 1;
}

function stepInCode(text: string, at: number, code: Extract<Open, { kind: 'code' }>, open: Open[]): number {
  const comment = afterComment(text, at);
  if (comment > at) {
    return comment;
  }
  const inner = opened(text, at);
  if (inner !== undefined) {
    open.push(inner.open);
    return inner.at;
  }
  if (text[at] === '{') {
    code.braces += 1;
  } else if (text[at] === '}' && code.braces === 0) {
    open.pop();
  } else if (text[at] === '}') {
    code.braces -= 1;
  }
  return at + 1;
}
