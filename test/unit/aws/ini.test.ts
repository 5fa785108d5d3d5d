import assert from 'node:assert/strict';
import test from 'node:test';
import { IniError, parseIni, shellWords } from '../../../src/aws/ini.ts';

/** The sections as plain entries, in their order. */
const read = (text: string) =>
  [...parseIni(text)].map(([name, section]) => [
    name,
    [...section].map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
  ]);

/** Each file with what botocore makes of it; `contract/sharedFiles` holds the same rules to botocore itself. */
const files: readonly [string, string, readonly unknown[]][] = [
  [
    'what follows the bracket of a header is no part of it',
    '[a]; ben\nk = 1\n[b] # note',
    [
      ['a', [['k', '1']]],
      ['b', []],
    ],
  ],
  ['a header ends with the last bracket of its line', '[a] ] x\n', [['a] ', []]]],
  ['a key is read in lower case, its value as it is', '[a]\nAWS_Key = Value', [['a', [['aws_key', 'Value']]]]],
  [
    'the first of : and = ends a key',
    '[a]\nk: v = 1\nl = m: n',
    [
      [
        'a',
        [
          ['k', 'v = 1'],
          ['l', 'm: n'],
        ],
      ],
    ],
  ],
  ['a value keeps # and ;', '[a]\nk = x --arg "team #1" ; y # z', [['a', [['k', 'x --arg "team #1" ; y # z']]]]],
  [
    'a line that begins with # or ; is a comment, also within a value',
    '[a]\nk = 1\n  # no\n  2\n;no',
    [['a', [['k', '1\n2']]]],
  ],
  [
    'line ends may be those of old Macs, Windows, or mixed',
    '[a]\rk = 1\r\nl = 2\nm = 3',
    [
      [
        'a',
        [
          ['k', '1'],
          ['l', '2'],
          ['m', '3'],
        ],
      ],
    ],
  ],
  [
    'an indented line goes on with the value above',
    '[a]\nk = 1\n 2\n\n  3\nl = 4',
    [
      [
        'a',
        [
          ['k', '1\n2\n\n3'],
          ['l', '4'],
        ],
      ],
    ],
  ],
  [
    'a header that is indented below a value is a part of the value',
    '[a]\nk = 1\n [b]\nl = 2',
    [
      [
        'a',
        [
          ['k', '1\n[b]'],
          ['l', '2'],
        ],
      ],
    ],
  ],
  [
    'a file may be indented as a whole',
    '  [a]\n  k = 1\n  [b]\n  k = 2',
    [
      ['a', [['k', '1']]],
      ['b', [['k', '2']]],
    ],
  ],
  [
    'an empty value followed by indented settings has these in it',
    '[a]\ns3 =\n  X = 1\n  y=2 = 3\nk = 4',
    [
      [
        'a',
        [
          [
            's3',
            [
              ['X', '1'],
              ['y', '2 = 3'],
            ],
          ],
          ['k', '4'],
        ],
      ],
    ],
  ],
  [
    'an empty value followed by other settings is empty',
    '[a]\noutput =\nregion = x',
    [
      [
        'a',
        [
          ['output', ''],
          ['region', 'x'],
        ],
      ],
    ],
  ],
  [
    'what is in [DEFAULT] is in each section that has none of its own',
    '[a]\nk = 1\n[DEFAULT]\nk = 2\nl = 3',
    [
      [
        'a',
        [
          ['k', '1'],
          ['l', '3'],
        ],
      ],
    ],
  ],
  [
    'the names of members of objects are names',
    '[__proto__]\n__proto__ = 1\nconstructor = 2',
    [
      [
        '__proto__',
        [
          ['__proto__', '1'],
          ['constructor', '2'],
        ],
      ],
    ],
  ],
  ['a file may be empty', '', []],
];

for (const [what, text, expected] of files) {
  test(what, () => {
    assert.deepEqual(read(text), expected);
  });
}

for (const [what, text, reason] of [
  ['a key before any section', 'k = 1\n[a]\n', 'Line 1 is before any section.'],
  ['a byte order mark', '\ufeff[a]\nk = 1\n', 'It begins with a byte order mark. Save it as UTF-8 without one.'],
  ['a section twice', '[a]\n[b]\n[a]\n', 'Line 3 begins the section [a] a second time.'],
  ['a setting twice', '[a]\nk = 1\nK = secret\n', 'Line 3 repeats a setting of its section.'],
  ['a line without = or :', '[a]\nsecret\n', 'Line 2 is neither a section nor a setting.'],
  ['a setting without a name', '[a]\n= secret\n', 'Line 2 is neither a section nor a setting.'],
  ['a header that does not end', '[a\nk = 1\n', 'Line 1 is before any section.'],
  ['a nested line that is no setting', '[a]\ns3 =\n  secret\n', "Below line 2, an indented line isn't a setting."],
] as const) {
  test(`a file with ${what} is refused with the reason, which quotes no value`, () => {
    assert.throws(
      () => parseIni(text),
      (error) => error instanceof IniError && error.message === reason,
    );
  });
}

test('the words of a section name are those of a shell', () => {
  const words: readonly [string, readonly string[] | undefined][] = [
    ['profile "My MacBook Pro"', ['profile', 'My MacBook Pro']],
    ["profile 'a\\b'", ['profile', 'a\\b']],
    ['profile "a\\"b\\c"', ['profile', 'a"b\\c']],
    ['profile a\\ b', ['profile', 'a b']],
    ['profile équipe', ['profile', 'équipe']],
    ['profile ""', ['profile', '']],
    ['profile a#b;c', ['profile', 'a#b;c']],
    ['profile "open', undefined],
    ['profile a\\', undefined],
    ['  ', []],
  ];
  for (const [text, expected] of words) {
    assert.deepEqual(shellWords(text), expected, text);
  }
});
