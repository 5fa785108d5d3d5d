import { isDeepStrictEqual } from 'node:util';
import { isAliasArn, parseKeyArn, partsOfArn } from '../kms/keyArn.ts';
import { type DenialReason, parseAccessDenied } from '../words/accessDenied.ts';
import { asEncryptionContext, type EncryptionContext, encryptionContextsIn } from './encryptionContext.ts';
import { flatten, longestErrorText } from './flatten.ts';
import { isKmsOperation } from './kmsOperations.ts';
import { type ErrorTextKind, kindsByName, messages, patterns } from './patterns.ts';
import { type FailedCall, findFailedCall } from './records.ts';

export type { ErrorTextKind } from './patterns.ts';

/** What a text of any program says of an error of KMS. All of it is data, and what the text doesn't say is `undefined`. */
export interface ErrorText {
  readonly kind: ErrorTextKind;
  /** The error's name as it is there, such as `AccessDeniedException` or `KMS.DisabledException`. */
  readonly code: string | undefined;
  /** Such as `kms:Decrypt`. */
  readonly action: string | undefined;
  /** Who called: an ARN, as whole as it is there. */
  readonly principal: string | undefined;
  readonly key: NamedKey | undefined;
  /** Where the key is, or else where it was looked for. */
  readonly region: string | undefined;
  /** The key's account: 12 digits. */
  readonly account: string | undefined;
  /** Why a call was denied; of `accessDenied` alone. */
  readonly reason: DenialReason | undefined;
  readonly encryptionContext: EncryptionContext | undefined;
  readonly requestId: string | undefined;
  /** AWS's own words, in one line. */
  readonly quote: string | undefined;
}

/** The key as a text names it. */
export type NamedKey =
  | { readonly kind: 'arn'; readonly arn: string }
  | { readonly kind: 'keyId'; readonly keyId: string }
  /** `alias/…`, which may be another key's by now. */
  | { readonly kind: 'alias'; readonly alias: string };

/** `Decrypt` of `kms:Decrypt`. */
export function operationOf(action: string): string {
  return action.slice(action.indexOf(':') + 1);
}

/** How far from an error its name, its request and its key are looked for, in characters. */
const nearby = 2500;
/** How far from an error's sentence its name is looked for. */
const nameIsNear = 400;
/** Names of errors in one text that are looked at. */
const mostNames = 200;
const longestQuote = 600;

/**
 * Reads the error of KMS in a text, whatever else the text holds: the message of an SDK, of the AWS CLI, of Terraform or
 * CloudFormation, of a service that could not use a key, or an event of CloudTrail. Of several errors it is the first.
 * @returns `undefined` where the text holds no error of KMS
 */
export function readErrorText(text: string): ErrorText | undefined {
  const { words, joined } = flatten(text);
  const call = findFailedCall(text.slice(0, longestErrorText)) ?? findFailedCall(words);
  if (call !== undefined) {
    return readCall(call);
  }
  const [asWords, asJoined] = [readPlain(words), readPlain(joined)];
  return asJoined !== undefined && wholeness(asJoined) > wholeness(asWords) ? asJoined : asWords;
}

/** A text that a terminal broke within its words is read more wholly without its line breaks. */
function wholeness(read: ErrorText | undefined): number {
  if (read === undefined) {
    return 0;
  }
  const isWholeArn = (arn: string | undefined) =>
    arn !== undefined && /^arn:aws[\w-]*:\w+:[\w-]*:\d{12}:/.test(arn) ? 1 : 0;
  const key = read.key?.kind === 'arn' ? (/key\/(.*)$/.exec(read.key.arn)?.[1] ?? '') : undefined;
  const isWholeKey = key === undefined ? 0 : keyIdPattern.test(key) || key === '' ? 3 : 2;
  const isReasonGiven = read.reason !== undefined && read.reason.kind !== 'notGiven' ? 1 : 0;
  const isKnown = read.action !== undefined && isKmsOperation(read.action.slice('kms:'.length)) ? 1 : 0;
  const isWholeCode = /(?:Exception|Fault)$/.test(read.code ?? '') ? 1 : 0;
  const isWholeRequest = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\dA-Z]{16})$/.test(read.requestId ?? '')
    ? 1
    : 0;
  // What is around the error may be clearer only because a part of it is lost.
  const { region: _, encryptionContext: __, reason: ___, ...parts } = read;
  const known = Object.values(parts).filter((part) => part !== undefined).length;
  const arns = isWholeArn(read.principal) + isWholeKey;
  return known + arns + 2 * isKnown + isReasonGiven + isWholeCode + isWholeRequest + clearness(read.kind);
}

const namedKinds = new Set<ErrorTextKind>([...kindsByName.values(), 'grantNotFound', 'other']);

/** What only a whole sentence says is clearer than what a name says. */
function clearness(kind: ErrorTextKind): number {
  return namedKinds.has(kind) ? (kind === 'other' || kind === 'invalidState' ? 0 : 1) : 3;
}

function readCall(call: FailedCall): ErrorText {
  const read = readPlain(`${call.code ?? ''}: ${call.message} (${call.action ?? 'kms'})`);
  const key = read?.key ?? namedKey(call.key);
  return {
    kind: read?.kind ?? 'other',
    code: call.code,
    action: read?.action ?? call.action,
    principal: read?.principal ?? call.principal,
    key,
    region: read?.region ?? regionOf(key) ?? call.region,
    account: read?.account ?? accountOf(key),
    reason: read?.reason,
    encryptionContext: asEncryptionContext(call.encryptionContext),
    requestId: call.requestId,
    quote: call.message.replace(/\s+/g, ' ').slice(0, longestQuote) || undefined,
  };
}

function readPlain(text: string): ErrorText | undefined {
  return readDenial(text) ?? readFailure(text);
}

// Denials

function readDenial(text: string): ErrorText | undefined {
  for (const { index: at } of text.matchAll(patterns.denied)) {
    const [sentence] = patterns.denial.exec(text.slice(at, at + 2 * nearby)) ?? [];
    if (sentence !== undefined) {
      const before = text.slice(Math.max(0, at - nearby), at);
      const who = before.lastIndexOf('User:');
      const from =
        who >= 0 && /^User: ?\S{0,2048} ?\S{0,2048} is $/.test(before.slice(who)) ? at - before.length + who : at;
      return deniedAt(text, { from, to: at + sentence.length });
    }
  }
  return undefined;
}

/** Where an error's sentence begins and ends. */
interface Place {
  readonly from: number;
  readonly to: number;
}

function deniedAt(text: string, place: Place): ErrorText | undefined {
  const quote = text.slice(place.from, place.to);
  const denial = parseAccessDenied(quote);
  if (denial === undefined) {
    return undefined;
  }
  const principal = denial.principal?.replace(/ /g, '');
  // A sentence that names a resource names the key, or that there is none.
  const named = denial.resource === undefined ? undefined : { key: keyIn(denial.resource) };
  return {
    ...around(text, place, named),
    kind: 'accessDenied',
    code: codeNear(text, place),
    action: denial.action,
    principal: principal === '' ? undefined : principal,
    reason: denial.reason,
    quote: quote.slice(0, longestQuote),
  };
}

// Other failures

function readFailure(text: string): ErrorText | undefined {
  const name = firstName(text);
  const said = firstMessage(text);
  const place = said ?? name;
  if (place === undefined) {
    return readUnnamed(text);
  }
  const code = said === undefined ? name?.code : codeNear(text, said);
  const surroundings = around(text, place);
  const quote = quoteAt(text, place);
  const kind = said?.kind ?? kindOf(code ?? '');
  const isOfGrant = /(?:Revoke|Retire)Grant$/.test(surroundings.action ?? '') || /\bgrant\b/i.test(quote);
  return {
    ...surroundings,
    kind: said === undefined && kind === 'keyNotFound' && isOfGrant ? 'grantNotFound' : kind,
    code,
    principal: undefined,
    // A sentence gives one.
    reason: said === undefined && kind === 'accessDenied' ? { kind: 'notGiven' } : undefined,
    quote,
  };
}

/** Without its name, as CloudFormation has an error: of Java's SDK, which says whose it is. */
function readUnnamed(text: string): ErrorText | undefined {
  const match = patterns.unnamed.exec(text);
  const [quote = ''] = match ?? [];
  return match === null
    ? undefined
    : {
        ...around(text, { from: match.index, to: match.index + quote.length }),
        kind: 'other',
        code: undefined,
        principal: undefined,
        reason: undefined,
        quote: quote.trim(),
      };
}

function firstMessage(text: string): (Place & { readonly kind: ErrorTextKind }) | undefined {
  for (const [kind, pattern] of messages) {
    const match = pattern.exec(text);
    if (match !== null) {
      // From the beginning of the word that it is in: an ARN, for one.
      const place = { from: text.lastIndexOf(' ', match.index - 1) + 1, to: match.index + match[0].length };
      if (patterns.ofKms.test(partAround(text, place))) {
        return { kind, ...place };
      }
    }
  }
  return undefined;
}

function kindOf(code: string): ErrorTextKind {
  const name = code
    .replace(/^Client\./, '')
    .replace(/^KMS\.?/i, '')
    .replace(/^(?:KMS|(?:Encryption)?Key)/, '')
    .replace(/(?:Exception|Fault)$/, '');
  return kindsByName.get(name) ?? 'other';
}

interface Name extends Place {
  readonly code: string;
}

/** The first name of an error that is KMS's. Names that only KMS has come before those that any service has. */
function firstName(text: string): Name | undefined {
  const first = (pattern: RegExp, isWanted: (name: Name) => boolean) =>
    [...text.matchAll(pattern)]
      .slice(0, mostNames)
      .map(({ 0: code, index }) => ({ code, from: index, to: index + code.length }))
      .find(isWanted);
  const found = [
    first(patterns.ownCode, () => true),
    first(patterns.kmsCode, () => true),
    first(patterns.sharedCode, (name) => isOfKms(text, name)),
  ].filter((name) => name !== undefined);
  return found.find(({ code }) => kindOf(code) !== 'other') ?? found[0];
}

/** Whether a name that any service has is KMS's: by what is near it, and by no permission of another service. */
function isOfKms(text: string, name: Name): boolean {
  const near = partAround(text, name);
  const kind = kindOf(name.code);
  const isOther =
    kind === 'accessDenied' ? patterns.otherDenial.test(near) : kind !== 'other' && isOfOtherCall(text, name);
  return patterns.ofKms.test(near) && !isOther;
}

function isOfOtherCall(text: string, { from, to }: Place): boolean {
  const called = patterns.called.exec(text.slice(to, to + nameIsNear))?.groups?.['operation'];
  return called === undefined ? isOtherCall(text.slice(Math.max(0, from - nameIsNear), from)) : !isKmsOperation(called);
}

function partAround(text: string, { from, to }: Place): string {
  return text.slice(Math.max(0, from - nameIsNear), to + nameIsNear);
}

/** The names of errors in a part of a text, in its order. */
function namesIn(text: string, from: number, to: number): readonly Name[] {
  const start = Math.max(0, from);
  const part = text.slice(start, to);
  const byEnd = new Map<number, Name>();
  // Of two that end together, the first one is the longer.
  for (const pattern of [patterns.ownCode, patterns.kmsCode, patterns.sharedCode]) {
    for (const { 0: code, index } of part.matchAll(pattern)) {
      const end = start + index + code.length;
      byEnd.set(end, byEnd.get(end) ?? { code, from: start + index, to: end });
    }
  }
  return [...byEnd.values()].sort((left, right) => left.from - right.from);
}

/** The name that belongs to an error: the last one before its sentence, else the first one behind it or in it. */
function codeNear(text: string, { from, to }: Place): string | undefined {
  const before = namesIn(text, from - nameIsNear, from).at(-1);
  return (before ?? namesIn(text, to, to + nameIsNear)[0] ?? namesIn(text, from, to)[0])?.code;
}

/** The sentence that an error is in, or that its name leads to, as far as its end can be seen. */
function quoteAt(text: string, { from, to }: Place): string {
  const rest = text.slice(to, to + longestQuote);
  const [called = ''] = patterns.called.exec(rest) ?? [];
  const [sentence] = /^[^.;"{}()]{0,300}/.exec(rest.slice(called.length)) ?? [''];
  const words = text.slice(from, to).replace(/^\S{0,300}["'`({>](?=arn:|[A-Z])/, '');
  return (called !== '' && sentence !== '' ? sentence : `${words}${sentence}`).trim().slice(0, longestQuote);
}

// What is around an error

type Surroundings = Pick<ErrorText, 'action' | 'key' | 'region' | 'account' | 'encryptionContext' | 'requestId'>;

function around(text: string, place: Place, named?: { readonly key: NamedKey | undefined }): Surroundings {
  const before = text.slice(Math.max(0, place.from - nearby), place.from);
  const within = text.slice(place.from, place.to);
  const after = text.slice(place.to, place.to + nearby);
  const near = <T>(
    first: (part: string) => T | undefined,
    last: (part: string) => T | undefined,
    isSame?: (left: T, right: T) => boolean,
  ) => nearest(before, after, first, last, isSame);
  const key =
    named === undefined
      ? (keyIn(within) ?? failedKey(before) ?? near(keyIn, lastKeyIn, (left, right) => idOf(left) === idOf(right)))
      : named.key;
  return {
    action: operationIn(within) ?? (isOtherCall(before) ? undefined : (lastOperationIn(before) ?? operationIn(after))),
    key,
    region:
      regionOf(key) ??
      maskedRegion(within) ??
      near(
        (part) => regionsIn(part)[0],
        (part) => regionsIn(part).at(-1),
      ),
    account: accountOf(key),
    encryptionContext: near(
      (part) => encryptionContextsIn(part)[0],
      (part) => encryptionContextsIn(part).at(-1),
    ),
    requestId: requestIdIn(before, within + after),
  };
}

/** What stands near an error, else far from it; nothing where what is before it and what is behind it differ. */
function nearest<T>(
  before: string,
  after: string,
  first: (part: string) => T | undefined,
  last: (part: string) => T | undefined,
  isSame: (left: T, right: T) => boolean = isDeepStrictEqual,
): T | undefined {
  for (const reach of [nameIsNear, nearby]) {
    // A name that is cut off is another name.
    const from = before.length > reach ? before.indexOf(' ', before.length - reach) : 0;
    const to = after.length > reach ? after.lastIndexOf(' ', reach) : after.length;
    const [left, right] = [last(before.slice(Math.max(0, from))), first(after.slice(0, Math.max(0, to)))];
    if (left !== undefined || right !== undefined) {
      return left === undefined || right === undefined || isSame(left, right) ? (right ?? left) : undefined;
    }
  }
  return undefined;
}

/** Whether the last call before an error is one of another service: how that used the key isn't said. */
function isOtherCall(before: string): boolean {
  const { service, operation } = [...before.matchAll(patterns.calls)].at(-1)?.groups ?? {};
  return service === undefined ? operation !== undefined && !isKmsOperation(operation) : service !== 'KMS';
}

function operationIn(text: string): string | undefined {
  return operationsIn(text)[0];
}

function lastOperationIn(text: string): string | undefined {
  return operationsIn(text).at(-1);
}

/** The operations of KMS that a text names, in its order. */
function operationsIn(text: string): readonly string[] {
  return patterns.operations
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .sort((left, right) => left.index - right.index)
    .map(({ groups }) => groups?.['operation'] ?? '')
    .filter(isKmsOperation)
    .map((operation) => `kms:${operation}`);
}

function keyIn(text: string): NamedKey | undefined {
  return keysIn(text)[0];
}

function lastKeyIn(text: string): NamedKey | undefined {
  const keys = keysIn(text);
  return keys.findLast(({ kind }) => kind === 'arn') ?? keys.at(-1);
}

/** Its ID or alias, in its ARN too. */
function idOf(key: NamedKey): string {
  switch (key.kind) {
    case 'arn':
      return partsOfArn(key.arn).resource.replace(/^key\//, '');
    case 'keyId':
      return key.keyId;
    case 'alias':
      return key.alias;
  }
}

/** SOPS writes each key before its error. */
function failedKey(before: string): NamedKey | undefined {
  return namedKey([...before.matchAll(patterns.failedKey)].at(-1)?.[0]);
}

function keysIn(text: string): readonly NamedKey[] {
  const named = [patterns.arn, patterns.keyIdNamed, patterns.keyIdQuoted]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .sort((left, right) => left.index - right.index)
    .map(({ 0: whole, groups }) => namedKey(groups?.['id'] ?? whole))
    .filter((key) => key !== undefined);
  // An ARN says the most.
  return [...named.filter(({ kind }) => kind === 'arn'), ...named.filter(({ kind }) => kind !== 'arn')];
}

const keyIdPattern = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

function namedKey(text: string | undefined): NamedKey | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (parseKeyArn(text) !== undefined || isAliasArn(text)) {
    return { kind: 'arn', arn: text };
  }
  if (text.startsWith('alias/')) {
    return { kind: 'alias', alias: text };
  }
  // Of an ARN without its account.
  const last = text.slice(Math.max(text.lastIndexOf(':key/') + ':key/'.length, text.lastIndexOf(':alias/') + 1, 0));
  const id = text.startsWith('arn:') ? last : text;
  if (id.startsWith('alias/')) {
    return { kind: 'alias', alias: id };
  }
  return keyIdPattern.test(id) ? { kind: 'keyId', keyId: id } : undefined;
}

function regionOf(key: NamedKey | undefined): string | undefined {
  return key?.kind === 'arn' ? key.arn.split(':')[3] : undefined;
}

function accountOf(key: NamedKey | undefined): string | undefined {
  return key?.kind === 'arn' ? key.arn.split(':')[4] : undefined;
}

/** An ARN whose account is not there has a Region all the same. */
function maskedRegion(text: string): string | undefined {
  return text.matchAll(patterns.arn).next().value?.groups?.['region'];
}

/** A host is where a request went. A Region that is only named may be another's, so it counts where there is no host. */
function regionsIn(text: string): readonly (string | undefined)[] {
  const named = (pattern: RegExp) => [...text.matchAll(pattern)].map(({ groups }) => groups?.['region']);
  const hosts = named(patterns.host);
  return hosts.length > 0 ? hosts : named(patterns.regionNamed);
}

/** What stands before an error is another request's, but in Go's form. */
function requestIdIn(before: string, after: string): string | undefined {
  const ofGo = patterns.requestIdBefore.exec(before)?.groups?.['id'];
  return ofGo ?? after.matchAll(patterns.requestId).next().value?.groups?.['id'];
}
