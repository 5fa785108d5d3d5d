import * as l10n from '@vscode/l10n';

/** A value, or nested settings: indented lines below an empty value, such as `s3 =`. */
type Value = string | ReadonlyMap<string, string>;

/** The settings of a section, by key in lower case. */
export type Section = ReadonlyMap<string, Value>;

/** The value of a setting; `undefined` also where it has nested settings instead. */
export function settingOf(section: Section | undefined, key: string): string | undefined {
  const value = section?.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** The AWS CLI refuses the file. The message says why, for a person, and quotes none of the file's values. */
export class IniError extends Error {}

/** Python's white space: JavaScript's, with the separators, but without the byte order mark. */
const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leadingSpace = new RegExp(`^${space}+`);
/** What also ends a line in Python, within a value. */
const separators = '\\x1c-\\x1e\\x85\\u2028\\u2029';
const lineEnd = new RegExp(`\\r\\n|[\\n-\\r${separators}]`);
const anySpace = new RegExp(space);

/** The lines of a value. */
interface Lines {
  readonly lines: string[];
  /** Its first line in the file, from 1. */
  readonly at: number;
}

/**
 * Reads a config or credentials file by the rules of the AWS CLI: those of Python's RawConfigParser (`configparser`),
 * and of botocore for nested settings.
 * @returns the sections by their whole names, in the order of the file; each also has the settings of `[DEFAULT]`
 * @throws IniError where the AWS CLI refuses the file
 */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, Lines>>();
  const defaults = new Map<string, Lines>();
  let section: Map<string, Lines> | undefined;
  /** The value that an indented line continues. */
  let open: Lines | undefined;
  let indent = 0;
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const at = index + 1;
    const content = strip(line);
    if (content === '') {
      open?.lines.push('');
      continue;
    }
    if (content.startsWith('#') || content.startsWith(';')) {
      continue;
    }
    const ownIndent = leadingSpace.exec(line)?.[0].length ?? 0;
    if (open !== undefined && ownIndent > indent) {
      open.lines.push(content);
      continue;
    }
    indent = ownIndent;
    const name = sectionName(content);
    if (name !== undefined) {
      if (sections.has(name)) {
        throw new IniError(l10n.t('Line {0} begins the section [{1}] a second time.', at, name));
      }
      section = name === 'DEFAULT' ? defaults : new Map();
      if (section !== defaults) {
        sections.set(name, section);
      }
      open = undefined;
      continue;
    }
    if (section === undefined) {
      throw new IniError(
        text.startsWith('\ufeff')
          ? l10n.t('It begins with a byte order mark. Save it as UTF-8 without one.')
          : l10n.t('Line {0} is before any section.', at),
      );
    }
    const delimiter = content.search(/[=:]/);
    if (delimiter < 1) {
      throw new IniError(l10n.t('Line {0} is neither a section nor a setting.', at));
    }
    const key = strip(content.slice(0, delimiter)).toLowerCase();
    if (section.has(key)) {
      throw new IniError(l10n.t('Line {0} repeats a setting of its section.', at));
    }
    open = { lines: [strip(content.slice(delimiter + 1))], at };
    section.set(key, open);
  }
  return new Map(
    [...sections].map(([name, own]) => [name, settingsOf(new Map([...own, ...inherited(own, defaults)]))]),
  );
}

function inherited(own: ReadonlyMap<string, Lines>, defaults: ReadonlyMap<string, Lines>) {
  return [...defaults].filter(([key]) => !own.has(key));
}

/** From the first bracket to the last one. Python ignores what follows. */
function sectionName(content: string): string | undefined {
  const end = content.lastIndexOf(']');
  return content.startsWith('[') && end > 1 ? content.slice(1, end) : undefined;
}

function settingsOf(section: ReadonlyMap<string, Lines>): Section {
  return new Map([...section].map(([key, { lines, at }]) => [key, readValue(lines, at)]));
}

function readValue(lines: readonly string[], at: number): Value {
  const value = stripEnd(lines.join('\n'));
  return value.startsWith('\n') ? nested(value, at) : value;
}

function nested(value: string, at: number): ReadonlyMap<string, string> {
  const settings = value.split(lineEnd).map(strip);
  return new Map(
    settings
      .filter((line) => line !== '')
      .map((line) => {
        const delimiter = line.indexOf('=');
        if (delimiter < 0) {
          throw new IniError(l10n.t("Below line {0}, an indented line isn't a setting.", at));
        }
        return [strip(line.slice(0, delimiter)), strip(line.slice(delimiter + 1))];
      }),
  );
}

function strip(text: string): string {
  return stripEnd(text).replace(leadingSpace, '');
}

/** By hand: a regular expression takes quadratic time on long white space within the text. */
function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && anySpace.test(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(0, end);
}

/**
 * Splits a section's name into words as a POSIX shell does, without comments and variables.
 * @returns undefined when a quotation has no end
 */
export function shellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && quote !== "'") {
      at += 1;
      if (at === text.length) {
        return undefined;
      }
      const next = text.charAt(at);
      const isEscaped = quote === '' || next === quote || next === '\\';
      word = (word ?? '') + (isEscaped ? next : char + next);
    } else if (char === quote) {
      quote = '';
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (quote === '' && ' \t\r\n'.includes(char)) {
      if (word !== undefined) {
        words.push(word);
      }
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') {
    return undefined;
  }
  return word === undefined ? words : [...words, word];
}
