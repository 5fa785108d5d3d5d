import assert from 'node:assert/strict';

/**
 * PowerShell as far as our commands use it, by its documentation (about_Quoting_Rules, about_Parsing), and the way from
 * there to the arguments of a program in Windows. Whatever else stands in a command fails.
 */

/** PowerShell takes all of these for the same quote (about_Quoting_Rules). */
const singleQuotes = "'\u2018\u2019\u201a\u201b";

interface Words {
  readonly words: readonly string[];
  /** What follows `--%`: handed on as it is. */
  readonly verbatim: string | undefined;
}

function wordsOf(command: string): Words {
  const words: string[] = [];
  let rest = command;
  while (rest !== '') {
    const blank = /^(?: |`\n)+/.exec(rest);
    if (blank) {
      rest = rest.slice(blank[0].length);
      continue;
    }
    const stop = /^--%(.*)$/s.exec(rest);
    if (stop) {
      assert.doesNotMatch(stop[1] ?? '', /[\n|&;]/, 'The stop-parsing token ends there.');
      return { words, verbatim: stop[1] };
    }
    const [word, length] = singleQuotes.includes(rest[0] ?? '') ? quotedWord(rest) : bareWord(rest);
    words.push(word);
    rest = rest.slice(length);
    assert.match(rest, /^( |$)/, `Something is joined to the word ${word}.`);
  }
  return { words, verbatim: undefined };
}

function quotedWord(text: string): readonly [string, number] {
  let word = '';
  for (let index = 1; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (!singleQuotes.includes(character)) {
      word += character;
    } else if (singleQuotes.includes(text[index + 1] ?? '-')) {
      index += 1;
      word += text[index];
    } else {
      return [word, index + 1];
    }
  }
  return assert.fail('The quote is not closed.');
}

/** A word without anything that PowerShell gives a meaning to, or takes for a number, an array or a splat. */
function bareWord(text: string): readonly [string, number] {
  const word = /^(?:--)?[A-Za-z][\w./:-]*/.exec(text)?.[0];
  assert.ok(word !== undefined, `PowerShell reads a meaning into ${JSON.stringify(text.slice(0, 20))}.`);
  return [word, word.length];
}

/** How a version of PowerShell writes the arguments of a program into one command line. */
const writers = {
  /** Windows PowerShell 5.1, and any version for a batch file: quotes around what has blanks, and nothing escaped. */
  legacy: (word: string) => (/\s/.test(word) ? `"${word}"` : word),
  /** PowerShell 7.3 and later (PSNativeCommandArgumentPassing = Windows). */
  windows: (word: string) =>
    word !== '' && !/[\s"]/.test(word)
      ? word
      : `"${word.replace(/(\\*)("|$)/g, (_, slashes, end) => slashes + slashes + (end && '\\"'))}"`,
} as const;

/** As the C run time of the program splits its command line (CommandLineToArgvW). */
function splitCommandLine(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let index = 0; index < line.length; index += 1) {
    const slashes = /^\\+(?=")/.exec(line.slice(index))?.[0].length ?? 0;
    if (slashes > 0) {
      word = (word ?? '') + '\\'.repeat(Math.floor(slashes / 2));
      index += slashes;
      if (slashes % 2 === 1) {
        word += '"';
      } else {
        index -= 1;
      }
    } else if (line[index] === '"') {
      isQuoted = !isQuoted;
      word ??= '';
    } else if (line[index] === ' ' && !isQuoted) {
      if (word !== undefined) {
        words.push(word);
      }
      word = undefined;
    } else {
      word = (word ?? '') + line[index];
    }
  }
  assert.ok(!isQuoted, 'A quote is open at the end.');
  return word === undefined ? words : [...words, word];
}

export const powerShells = Object.keys(writers) as readonly (keyof typeof writers)[];

/** What `aws` is called with by one version of PowerShell. */
export function powerShellCall(version: keyof typeof writers, command: string): readonly string[] {
  const { words, verbatim = '' } = wordsOf(command);
  const [program, ...rest] = words;
  assert.equal(program, 'aws');
  const line = [...rest.map(writers[version]), verbatim].join(' ');
  // Were `aws` a batch file, cmd.exe would read it again, and act on these.
  assert.doesNotMatch(line, /[&|<>^%!\r\n]/);
  return splitCommandLine(line);
}
