import * as l10n from '@vscode/l10n';
import type { KmsKey } from './model.ts';

const keyArnPattern = /^arn:aws[\w-]*:kms:(?<region>[a-z0-9-]+):(?<account>\d{12}):key\/(?<keyId>[\w-]+)$/;

export interface KeyArn {
  readonly arn: string;
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

/** Parses a key ARN. `undefined` for anything else, also for an alias ARN. */
export function parseKeyArn(arn: string): KeyArn | undefined {
  const { region, account, keyId } = keyArnPattern.exec(arn)?.groups ?? {};
  return region === undefined || account === undefined || keyId === undefined
    ? undefined
    : { arn, region, account, keyId };
}

/** Whether it is the ARN of an alias: with account and Region, and no name alone. */
export function isAliasArn(text: string): boolean {
  return /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:alias\/[\w/-]{1,250}$/.test(text);
}

interface ArnParts {
  readonly region: string;
  readonly account: string;
  /** `key/…` or `alias/…` */
  readonly resource: string;
}

/** The parts of the ARN of a key or an alias. */
export function partsOfArn(arn: string): ArnParts {
  const [, , , region = '', account = '', resource = ''] = arn.split(':');
  return { region, account, resource };
}

/** Why the text is neither the ARN of a key nor that of an alias, or `undefined` if it is one. */
export function keyArnProblem(text: string): string | undefined {
  if (parseKeyArn(text) !== undefined || isAliasArn(text)) {
    return undefined;
  }
  if (/^(arn:[\w-]+:kms:[^:]*:[^:]*:)?alias\//.test(text)) {
    return l10n.t('The ARN of an alias looks like arn:aws:kms:eu-west-1:111122223333:alias/name.');
  }
  return l10n.t('The ARN of a key looks like arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…');
}

/** An ARN of a key or an alias in a text, as whole as it is there. Names may be masked. Its repetitions are bounded. */
export const keyArnInText =
  /arn:aws[\w-]{0,20}:kms:(?<region>[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}):(?<account>\d{12}|[\w*<>[\]-]{0,40}):(?<resource>key\/(?:mrk-)?[0-9A-Fa-f-]{8,64}|alias\/[\w/-]{1,250})/g;

const wholeKeyArn = /:\d{12}:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export interface FoundArn {
  readonly index: number;
  readonly arn: string;
}

/** The ARNs of keys and aliases in a text, in its order: each whole, and not a part of a longer word or of a pattern. */
export function findKeyArns(text: string): readonly FoundArn[] {
  return [...text.matchAll(keyArnInText)].flatMap(({ 0: arn, index }) => {
    const end = index + arn.length;
    // A letter of any script is a part of the word, and may take two code units.
    const isAlone =
      !/[\p{L}\p{N}_-]$/u.test(text.slice(Math.max(0, index - 2), index)) &&
      !/^[\p{L}\p{N}_/-]/u.test(text.slice(end, end + 2));
    // `alias/app-*`, `alias/app-${name}` and `alias/app-<name>` are no names.
    const isWhole = wholeKeyArn.test(arn) || (isAliasArn(arn) && !/^(?:[*$%{]|<\w)/.test(text.slice(end, end + 2)));
    return isAlone && isWhole ? [{ index, arn }] : [];
  });
}

/** A key of which only the ARN is known. */
export function keyOfArn({ arn, keyId }: KeyArn): KmsKey {
  return { keyId, arn, aliases: [] };
}
