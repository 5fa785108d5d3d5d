import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import {
  escapeIcons,
  escapeLinks,
  escapeMarkdown,
  isPrintable,
  printable,
  printableJson,
} from '../../../src/core/base/text.ts';
import { parseJournal } from '../../../src/core/changes/journalLines.ts';
import type { GrantEvidence } from '../../../src/core/evidence/evidence.ts';
import type { Holder } from '../../../src/core/evidence/holder.ts';
import { creatorGroup } from '../../../src/core/findings/creatorGroup.ts';
import { evidenceFindings } from '../../../src/core/findings/evidenceFindings.ts';
import { defaultFindingOptions } from '../../../src/core/findings/finding.ts';
import type { HeldGrant } from '../../../src/core/findings/grantGroups.ts';
import { grantTable } from '../../../src/core/findings/grantTable.ts';
import { grantAsAwsJson } from '../../../src/core/kms/awsJson.ts';
import { isAliasArn, keyArnProblem, parseKeyArn } from '../../../src/core/kms/keyArn.ts';
import { accountOfArn, type Connection, type Grant, type KmsKey, keyLabel } from '../../../src/core/kms/model.ts';
import { describePrincipal, grantee, parsePrincipal, principalKindName } from '../../../src/core/kms/principal.ts';
import { serviceOfGrant, usedBySentence, usedByText } from '../../../src/core/kms/serviceGrant.ts';
import {
  createGrantCommand,
  grantAsTerraform,
  quoteForShell,
  revokeGrantCommand,
  type Shell,
} from '../../../src/core/words/commandText.ts';
import { connectionName } from '../../../src/core/words/describe.ts';
import { explain } from '../../../src/core/words/explain.ts';
import { grantLines } from '../../../src/core/words/grantLines.ts';
import { impactOfRevoke } from '../../../src/core/words/impact.ts';
import { isUserError } from '../../../src/core/words/userError.ts';
import { holdsHidden } from '../../hostileTexts.ts';
import { notOnWindows } from '../../systems.ts';
import { hostileText, property } from '../hostile.ts';
import { answered, madeBy, usage } from './evidence/knownEvidence.ts';
import { errorKinds, keyArnOf, kmsError } from './fakes.ts';
import { powerShellCall, powerShells } from './powershell.ts';

/** `src/vs/base/common/linkedText.ts` of VS Code: what it takes for a link in notifications and prompts. */
const vscodeLink = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
/** `src/vs/base/browser/ui/iconLabel/iconLabels.ts`. */
const vscodeIcon = /(\\)?\$\([A-Za-z0-9-]+(?:~[A-Za-z0-9-]+)?\)/;

function isShowable(text: string, max: number): void {
  assert.ok(!holdsHidden(text), JSON.stringify(text));
  assert.ok(text.isWellFormed());
  assert.ok([...text].length <= max, `${[...text].length} characters`);
}

// What is shown

test('whatever a text holds, one line of it is shown, of the length that was asked for, and nothing hidden', () => {
  property([hostileText, fc.integer({ min: 1, max: 400 })], (text, max) => {
    const shown = printable(text, max);
    isShowable(shown, max);
    assert.equal(printable(shown, max), shown);
    if (isPrintable(text) && [...text].length <= max) {
      assert.equal(shown, text);
    }
  });
});

test('in a notification or prompt of VS Code, nothing of a text is a link, and nothing an icon', () => {
  property([hostileText, hostileText], (one, other) => {
    const message = `Revoke [${printable(one)}](${printable(other)}) on ${printable(other)}?`;
    assert.doesNotMatch(escapeLinks(message), vscodeLink);
    assert.doesNotMatch(escapeIcons(message), vscodeIcon);
    assert.equal(escapeLinks(message).replaceAll(']\u200b(', ']('), message.replaceAll(']\u200b(', ']('));
  });
});

test('as Markdown, a text is that text: what remains when the escapes are taken away is the same, and no markup', () => {
  property([hostileText], (text) => {
    const shown = printable(text);
    const source = escapeMarkdown(shown);
    assert.doesNotMatch(source, /^\s|\s$|\n/);
    // Every mark that CommonMark knows is an ASCII punctuation character; after a backslash it is none.
    let read = '';
    for (let at = 0; at < source.length; at++) {
      const character = source[at] ?? '';
      if (source.startsWith('&#32;', at)) {
        read += ' ';
        at += 4;
      } else if (character === '\\') {
        at += 1;
        const escaped = source[at] ?? '';
        assert.match(escaped, /[!-/:-@[-`{-~]/);
        read += escaped;
      } else {
        assert.doesNotMatch(character, /[!-/:-@[-`{-~]/);
        read += character;
      }
    }
    assert.equal(read, shown);
  });
});

const jsonValue = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' });

test('JSON that is shown means the same, and holds nothing hidden', () => {
  property(
    [fc.oneof(jsonValue, hostileText, fc.dictionary(hostileText, hostileText)), fc.constantFrom(undefined, 2)],
    (value, indent) => {
      const text = printableJson(value, indent);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.ok(!holdsHidden(text.replaceAll('\n', '')), JSON.stringify(text));
    },
  );
});

// Grants of such texts

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const principal = record({
  kind: fc.constantFrom('principal' as const, 'servicePrincipal' as const),
  value: hostileText,
});
/** Keys that differ also where half a surrogate pair can't be written; none that JavaScript keeps for itself. */
const context = fc
  .dictionary(hostileText, hostileText, { maxKeys: 3 })
  .map((pairs) =>
    Object.fromEntries(Object.entries(pairs).map(([name, value], at) => [`${at}${name}`.toWellFormed(), value])),
  );

const hostileGrant: fc.Arbitrary<Grant> = record({
  grantId: hostileText,
  keyArn: fc.oneof(fc.constant(keyArnOf('k1')), hostileText),
  name: optional(hostileText),
  creationDate: optional(fc.constant(new Date(Date.UTC(2026, 0, 1)))),
  granteePrincipal: optional(principal),
  retiringPrincipal: optional(principal),
  issuingAccount: optional(hostileText),
  operations: fc.array(fc.oneof(fc.constantFrom('Decrypt', 'Encrypt'), hostileText), { minLength: 1, maxLength: 3 }),
  constraints: record({
    encryptionContextEquals: optional(context),
    encryptionContextSubset: optional(context),
    sourceArn: optional(hostileText),
  }),
});

const hostileConnection: fc.Arbitrary<Connection> = fc
  .record({ profile: hostileText, url: hostileText })
  .map(({ profile, url }) => ({
    id: profile,
    opening: 1,
    ref: { kind: 'profile', profile, region: 'eu-west-1' },
    region: 'eu-west-1',
    endpoint: { kind: 'custom', url },
  }));

const hostileKey: fc.Arbitrary<KmsKey> = record({
  keyId: hostileText,
  arn: fc.oneof(fc.constant(keyArnOf('k1')), hostileText),
  aliases: fc.array(hostileText, { maxLength: 2 }),
});

test('the lines of a question are lines, each as long as a dialog has room for', () => {
  property([hostileGrant, hostileConnection, hostileKey, hostileText], (grant, connection, key, arn) => {
    const lines = grantLines(grant, {
      connection,
      key,
      identity: { account: '111122223333', arn },
      accountName: (id) => id,
    });
    for (const line of lines) {
      isShowable(line, 400);
    }
    const rows = lines.reduce((sum, line) => sum + Math.ceil([...line].length / 68), 0);
    assert.ok(rows <= 22, `${rows} rows`);
  });
});

test('every principal is of some kind, and what is said of it can be shown', () => {
  property([hostileGrant], (grant) => {
    for (const ref of [grant.granteePrincipal, grant.retiringPrincipal]) {
      if (ref === undefined) {
        continue;
      }
      const read = parsePrincipal(ref);
      assert.equal(read.value, ref.value);
      assert.notEqual(principalKindName(read.kind), undefined);
      isShowable(read.shortName, 256);
      isShowable(describePrincipal(read, grant), 1000);
    }
    isShowable(impactOfRevoke(grant), 1000);
    const used = serviceOfGrant(grant);
    if (used !== undefined) {
      isShowable(usedByText(used), 300);
      isShowable(usedBySentence(used), 300);
    }
    isShowable(connectionName({ kind: 'profile', profile: grant.grantId, region: 'x' }), 256);
  });
});

const partition = fc.constantFrom('aws', 'aws-cn', 'aws-us-gov');
const digits = fc.stringMatching(/^\d{12}$/);
const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);

test('the ARNs of keys and principals are read for what they are made of', () => {
  property([partition, digits, word, word], (aws, account, name, path) => {
    const arn = `arn:${aws}:kms:eu-west-1:${account}:key/${name}`;
    assert.deepEqual(parseKeyArn(arn), { arn, region: 'eu-west-1', account, keyId: name });
    assert.equal(accountOfArn(arn), account);
    const role = parsePrincipal({ kind: 'principal', value: `arn:${aws}:iam::${account}:role/${path}/${name}` });
    if (path !== 'aws-service-role') {
      assert.deepEqual([role.kind, role.shortName, role.account], ['role', name, account]);
    }
    const session = parsePrincipal({
      kind: 'principal',
      value: `arn:${aws}:sts::${account}:assumed-role/${path}/${name}`,
    });
    assert.deepEqual([session.kind, session.shortName, session.account], ['assumedRole', `${path}/${name}`, account]);
  });
});

test('what is no ARN of a key or alias is never read as one', () => {
  const almost = fc
    .tuple(
      fc.constantFrom('', 'arn:aws:kms:eu-west-1:111122223333:key/', 'arn:aws:kms:eu-west-1:111122223333:alias/'),
      hostileText,
    )
    .map((parts) => parts.join(''));
  property([almost], (text) => {
    const isArn = parseKeyArn(text) !== undefined || isAliasArn(text);
    assert.equal(keyArnProblem(text) === undefined, isArn);
    if (isArn) {
      assert.match(text, /^[\w:/-]+$/);
    }
    assert.match(accountOfArn(text) ?? '000000000000', /^\d{12}$/);
  });
});

test('what is said of a failure holds for every kind and text', () => {
  property(
    [fc.constantFrom(...errorKinds), hostileText, hostileText, hostileText],
    (kind, message, profile, keyArn) => {
      const { details } = kmsError(kind, { message, profile, keyArn });
      const { sentence, advice, title } = explain(details);
      isShowable(title, 40);
      isShowable(printable(`${sentence} ${advice}`, 600), 600);
    },
  );
});

// Files

/** RFC 4180, to the letter. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const record: string[] = [];
    for (;;) {
      let cell = '';
      if (text[at] === '"') {
        for (at += 1; ; at += 1) {
          assert.ok(at < text.length, 'a quote is not closed');
          if (text[at] !== '"') {
            cell += text[at];
          } else if (text[at + 1] === '"') {
            cell += '"';
            at += 1;
          } else {
            break;
          }
        }
        at += 1;
      } else {
        for (; at < text.length && text[at] !== ',' && text[at] !== '\r'; at += 1) {
          assert.ok(text[at] !== '"' && text[at] !== '\n', 'a quote or line break in a cell without quotes');
          cell += text[at];
        }
      }
      record.push(cell);
      if (text[at] !== ',') {
        break;
      }
      at += 1;
    }
    assert.equal(text.slice(at, at + 2), '\r\n');
    at += 2;
    records.push(record);
  }
  return records;
}

/** As CloudTrail, KMS and IAM could answer it. */
const hostileEvidence = record({
  arn: hostileText,
  invokedBy: hostileText,
  operation: hostileText,
  id: hostileText,
}).map(
  ({ arn, invokedBy, operation, id }): GrantEvidence => ({
    creator: answered(madeBy({ arn, account: id, invokedBy })),
    keyLastUsed: answered(usage({ last: { operation, timestamp: new Date(-1e12), cloudTrailEventId: undefined } })),
    holder: answered<Holder>({
      kind: 'noSuchId',
      what: 'role',
      id,
      account: '111122223333',
      successor: { id, arn, name: id, created: new Date(0) },
    }),
    remains: undefined,
  }),
);

test('who made a grant, and what evidence adds to its findings, is one line of text', () => {
  property([hostileEvidence, hostileGrant], (evidence, grant) => {
    const { title, detail } = creatorGroup(evidence.creator);
    isShowable(title, 600);
    isShowable(detail, 400);
    const found = evidenceFindings(grant, evidence, defaultFindingOptions);
    assert.equal(found.length, 3);
    for (const { reason } of found) {
      isShowable(reason, 1000);
    }
  });
});

const held = record({
  connection: hostileConnection,
  key: hostileKey,
  grant: hostileGrant,
  evidence: hostileEvidence,
}).map(
  (parts): HeldGrant => ({
    ...parts,
    metadata: undefined,
    grantee: grantee(parts.grant),
    managedBy: undefined,
    findings: [],
  }),
);
const table = fc.array(held, { maxLength: 3 });

test('a CSV file has a cell for each value, and no spreadsheet takes any part of one for a formula', () => {
  const same = (cell: string, value: string | undefined) =>
    assert.equal(cell.replaceAll("'", ''), (value ?? '').replaceAll("'", ''));
  property([table], (grants) => {
    const text = grantTable(grants, 'csv').slice(1);
    const [header = [], ...records] = parseCsv(text);
    assert.equal(records.length, grants.length);
    for (const [index, { grant, key, connection, evidence }] of grants.entries()) {
      const record = records[index] ?? [];
      assert.equal(record.length, header.length);
      const cell = (name: string) => record[header.indexOf(name)] ?? '';
      same(cell('GrantId'), grant.grantId);
      same(cell('Name'), grant.name);
      same(cell('KeyArn'), key.arn);
      same(cell('Aliases'), key.aliases.join(' '));
      same(cell('GranteePrincipal'), grant.granteePrincipal?.value);
      same(cell('Connection'), connectionName(connection.ref));
      const { creator } = evidence ?? {};
      same(
        cell('CreatedBy'),
        creator?.kind === 'known' && creator.value.kind === 'found' ? creator.value.event.caller.arn : '',
      );
      for (const one of record) {
        assert.doesNotMatch(one, /^(\s*[=+\-@＝＋－＠]|[\t\r\n])/);
      }
      // Where a semicolon or tab separates cells, quotes in their midst stand for nothing.
      for (const one of record.flatMap((whole) => whole.split(/[;\t\r\n]/))) {
        assert.doesNotMatch(one, /^\s*[=+\-@＝＋－＠]/);
      }
    }
  });
});

test('a JSON Lines file has a line for each grant, which is that grant', () => {
  property([table], (grants) => {
    const lines = grantTable(grants, 'jsonl').split('\n');
    assert.equal(lines.pop(), '');
    assert.equal(lines.length, grants.length);
    for (const [index, line] of lines.entries()) {
      const of = grants[index];
      assert.ok(of);
      const read = JSON.parse(line);
      for (const [name, value] of Object.entries(wire(grantAsAwsJson(of.grant)))) {
        assert.deepEqual(read[name], value);
      }
      assert.ok(!holdsHidden(line));
    }
  });
});

test('a Markdown file is a table with a row for each grant, whose cells hold no markup', () => {
  property([table], (grants) => {
    const lines = grantTable(grants, 'md').split('\n');
    assert.equal(lines.pop(), '');
    const [header = '', , ...rows] = lines;
    const columns = header.split('|').length;
    assert.equal(rows.length, grants.length);
    for (const [index, row] of rows.entries()) {
      const cells = row.split(/(?<!\\)(?:\\\\)*\|/);
      assert.equal(cells.length, columns, row);
      const { key } = grants[index] ?? {};
      const label = cells[1]
        ?.trim()
        .replaceAll('&#32;', ' ')
        .replace(/\\([!-/:-@[-`{-~])/g, '$1');
      if (key !== undefined) {
        assert.equal(label, printable(keyLabel(key), 2048));
      }
    }
  });
});

// Commands

const folder = mkdtempSync(join(tmpdir(), 'kms-grants-'));
after(() => rmSync(folder, { recursive: true }));

const noShell = notOnWindows('has no POSIX shell');
const shells = ['/bin/sh', '/bin/bash'];

/** What `aws` is called with, by a real shell that runs all of these commands; none of them calls anything else. */
function callsOf(shell: string, commands: readonly string[]): readonly (readonly string[])[] {
  const file = join(folder, 'script');
  const script = ['aws() { printf \'%s\\0\' "$#" "$@"; }', 'PATH=/nowhere', ...commands, ''].join('\n');
  writeFileSync(file, script);
  const output = execFileSync(shell, [file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const words = output.split('\0').slice(0, -1);
  const calls: string[][] = [];
  while (words.length > 0) {
    calls.push(words.splice(0, 1 + Number(words[0])).slice(1));
  }
  return calls;
}

/** The request that the AWS CLI makes of its arguments, and what it makes it with. */
function requestOf(words: readonly string[]) {
  const [service, operation, ...rest] = words;
  assert.equal(service, 'kms');
  const options = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const word of rest) {
    // `--option=value` stands for a value that looks like an option.
    const [, name, value] = /^(--[a-z-]+)=([\s\S]*)$/.exec(word) ?? [];
    if (name !== undefined && value !== undefined) {
      options.set(name, [value]);
    } else if (/^--[a-z-]+$/.test(word)) {
      values = [];
      options.set(word, values);
    } else {
      values?.push(word);
    }
  }
  const one = (name: string) => {
    assert.ok((options.get(name)?.length ?? 1) === 1, name);
    return options.get(name)?.[0];
  };
  const json = one('--cli-input-json');
  const constraints = one('--constraints');
  return {
    operation,
    region: one('--region'),
    profile: one('--profile'),
    endpoint: one('--endpoint-url'),
    request:
      json === undefined
        ? {
            KeyId: one('--key-id'),
            GranteePrincipal: one('--grantee-principal'),
            GranteeServicePrincipal: one('--grantee-service-principal'),
            RetiringPrincipal: one('--retiring-principal'),
            RetiringServicePrincipal: one('--retiring-service-principal'),
            Operations: options.get('--operations'),
            Constraints: constraints === undefined ? undefined : JSON.parse(constraints),
            Name: one('--name'),
            GrantId: one('--grant-id'),
          }
        : JSON.parse(json),
  };
}

const wire = (value: unknown) => JSON.parse(JSON.stringify(value));

type Read = (commands: readonly string[]) => readonly (readonly string[])[];

const readers: readonly (readonly [string, Shell, Read])[] = [
  ...shells.map((path): readonly [string, Shell, Read] => [path, 'posix', (commands) => callsOf(path, commands)]),
  ...powerShells.map((version): readonly [string, Shell, Read] => [
    `PowerShell (${version})`,
    'powershell',
    (commands) => commands.map((command) => powerShellCall(version, command)),
  ]),
];

for (const [name, shell, read] of readers) {
  test(`${name} runs a copied command as the one call that it stands for, whatever grant and profile are made of`, {
    skip: shell === 'posix' && noShell,
  }, () => {
    const named = hostileGrant.filter(({ grantId }) => grantId !== '');
    const cases = fc.sample(fc.tuple(hostileConnection, named), { seed: 7, numRuns: 300 });
    let refused = 0;
    for (const [{ ref, endpoint }, grant] of cases) {
      const target = { shell, ref, endpoint };
      const place = {
        region: 'eu-west-1',
        profile: ref.kind === 'profile' ? ref.profile : undefined,
        endpoint: endpoint.kind === 'custom' ? endpoint.url : undefined,
      };
      const texts = [place.profile, place.endpoint].filter((text) => text !== undefined);
      let commands: readonly string[];
      try {
        commands = [createGrantCommand(target, grant), revokeGrantCommand(target, grant)];
      } catch (error) {
        assert.ok(isUserError(error), String(error));
        // Only these are written as themselves.
        assert.ok(shell === 'posix' ? !texts.every(isPrintable) : !texts.every((text) => /^[\w./:-]+$/.test(text)));
        refused += 1;
        continue;
      }
      for (const command of commands) {
        assert.ok(!holdsHidden(command.replaceAll('\n', '')), JSON.stringify(command));
      }
      const [created, revoked] = read(commands).map(requestOf);
      const { CreationDate: _, GrantId, IssuingAccount: __, ...input } = grantAsAwsJson(grant);
      assert.deepEqual(wire(created), wire({ operation: 'create-grant', ...place, request: input }));
      assert.deepEqual(
        wire(revoked),
        wire({ operation: 'revoke-grant', ...place, request: { KeyId: grant.keyArn, GrantId } }),
      );
    }
    assert.ok(shell === 'powershell' || refused < cases.length);
  });

  test(`${name} takes any grant, of a connection whose names are plain`, {
    skip: shell === 'posix' && noShell,
  }, () => {
    const ref = { kind: 'profile', profile: 'dev admin', region: 'eu-west-1' } as const;
    property([hostileGrant], (grant) => {
      const [created] = read([createGrantCommand({ shell, ref }, grant)]).map(requestOf);
      const { CreationDate: _, GrantId: __, IssuingAccount: ___, ...request } = grantAsAwsJson(grant);
      assert.deepEqual(
        wire(created),
        wire({ operation: 'create-grant', region: 'eu-west-1', profile: 'dev admin', request }),
      );
    });
  });
}

for (const path of shells) {
  test(`in ${path}, a quoted text is one word that is just this text`, { skip: noShell }, () => {
    const texts = fc
      .sample(hostileText, { seed: 8, numRuns: 1000 })
      .map((text) => text.toWellFormed().replaceAll('\0', ''));
    const calls = callsOf(
      path,
      texts.map((text) => `aws ${quoteForShell(text)}`),
    );
    assert.deepEqual(
      calls,
      texts.map((text) => [text]),
    );
  });
}

type Token = { readonly kind: 'string' | 'word' | 'mark'; readonly text: string };

/** HCL's own rules (its specification, "Template Expressions" and "Comments"), as far as a resource of ours needs them. */
function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  const plain = /^(?:[\s]+|#[^\n]*\n)|^([A-Za-z_][\w-]*)|^([={}[\],])/;
  let at = 0;
  while (at < source.length) {
    if (source[at] !== '"') {
      const [all = '', name, mark] = plain.exec(source.slice(at)) ?? [];
      assert.notEqual(all, '', `not HCL: ${JSON.stringify(source.slice(at, at + 40))}`);
      if (name !== undefined) {
        tokens.push({ kind: 'word', text: name });
      }
      if (mark !== undefined) {
        tokens.push({ kind: 'mark', text: mark });
      }
      at += all.length;
      continue;
    }
    let text = '';
    for (at += 1; source[at] !== '"'; ) {
      const rest = source.slice(at, at + 10);
      const [unicode, four, eight] = /^\\(?:u([\da-f]{4})|U([\da-f]{8}))/.exec(rest) ?? [];
      const [short] = /^\\[nrt"\\]/.exec(rest) ?? [];
      const [doubled] = /^(?:\$\$|%%)\{/.exec(rest) ?? [];
      if (unicode !== undefined) {
        text += String.fromCodePoint(Number.parseInt(four ?? eight ?? '', 16));
        at += unicode.length;
      } else if (short !== undefined) {
        text += JSON.parse(`"${short}"`);
        at += 2;
      } else if (doubled !== undefined) {
        text += doubled.slice(1);
        at += 3;
      } else {
        assert.doesNotMatch(rest, /^(?:\\|\$\{|%\{|\n|$)/, 'a template, a bad escape, or a string without an end');
        text += source[at];
        at += 1;
      }
    }
    at += 1;
    tokens.push({ kind: 'string', text });
  }
  return tokens;
}

test('Terraform reads what was copied as one resource, whose arguments are just these texts', () => {
  property([hostileGrant], (grant) => {
    const text = grantAsTerraform(grant, { imports: false });
    assert.ok(!holdsHidden(text.replaceAll('\n', '')), JSON.stringify(text));
    const expected: Token[] = [];
    const word = (name: string) => expected.push({ kind: 'word', text: name });
    const mark = (...marks: readonly string[]) =>
      expected.push(...marks.map((one) => ({ kind: 'mark', text: one }) as const));
    const string = (value: string) => expected.push({ kind: 'string', text: value.toWellFormed() });
    const argument = (name: string, value: string | undefined) => {
      if (value === undefined) {
        return;
      }
      word(name);
      mark('=');
      string(value);
    };
    const ofAccount = (ref: Grant['granteePrincipal']) => (ref?.kind === 'principal' ? ref.value : undefined);
    const [, , label] = tokensOf(text);
    assert.match(label?.text ?? '', /^[A-Za-z_][\w-]*$/);
    word('resource');
    string('aws_kms_grant');
    string(label?.text ?? '');
    mark('{');
    argument('name', grant.name);
    argument('key_id', grant.keyArn);
    argument('grantee_principal', ofAccount(grant.granteePrincipal));
    argument('retiring_principal', ofAccount(grant.retiringPrincipal));
    word('operations');
    mark('=', '[');
    for (const [index, operation] of [...grant.operations].sort().entries()) {
      if (index > 0) {
        mark(',');
      }
      string(operation);
    }
    mark(']');
    const { encryptionContextEquals, encryptionContextSubset } = grant.constraints;
    if (encryptionContextEquals !== undefined || encryptionContextSubset !== undefined) {
      word('constraints');
      mark('{');
      for (const [name, pairs] of [
        ['encryption_context_equals', encryptionContextEquals],
        ['encryption_context_subset', encryptionContextSubset],
      ] as const) {
        if (pairs === undefined) {
          continue;
        }
        word(name);
        mark('=', '{');
        const sorted = Object.entries(pairs).sort(([left], [right]) => (left < right ? -1 : 1));
        // JavaScript has keys that are numbers first.
        for (const [key, value] of Object.entries(Object.fromEntries(sorted))) {
          string(key);
          mark('=');
          string(value);
        }
        mark('}');
      }
      mark('}');
    }
    mark('}');
    assert.deepEqual(tokensOf(text), expected);
  });
});

// The journal

test('whatever stands between them, the whole lines of the journal are read, and written grants come back as they were', () => {
  const entry = record({ grant: hostileGrant, key: hostileKey, profile: hostileText });
  const damage = fc.oneof(
    hostileText,
    jsonValue.map((value) => JSON.stringify(value)),
    fc.constant('half'),
  );
  property(
    [fc.array(entry, { minLength: 1, maxLength: 4 }), fc.array(damage, { maxLength: 5 })],
    (entries, damaged) => {
      const good = entries.map(({ grant, key, profile }, index) =>
        JSON.stringify({
          v: 1,
          id: `entry-${index}`,
          kind: 'revoke',
          at: index,
          connection: { kind: 'profile', profile, region: 'eu-west-1' },
          account: '111122223333',
          key,
          grant,
        }),
      );
      const lines = good.flatMap((line, index) => {
        const rubbish = damaged[index] === 'half' ? line.slice(0, -1 - (line.length >> 1)) : damaged[index];
        return rubbish === undefined ? [line] : [rubbish, line];
      });
      const { records } = parseJournal(lines.join('\n'));
      for (const [index, { grant, key, profile }] of entries.entries()) {
        const record = records.find(({ id }) => id === `entry-${index}`);
        assert.deepEqual(record?.grant, grant);
        assert.deepEqual(record?.key, key);
        assert.deepEqual(record?.connection, { kind: 'profile', profile, region: 'eu-west-1' });
      }
      assert.deepEqual(parseJournal(good.join('\n')).records, records);
    },
  );
});
