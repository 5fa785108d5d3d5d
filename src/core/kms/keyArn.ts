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

/** Why the text is not a key ARN, or `undefined` if it is one. */
export function keyArnProblem(text: string): string | undefined {
  if (parseKeyArn(text) !== undefined) {
    return undefined;
  }
  if (/^(arn:[\w-]+:kms:[^:]*:[^:]*:)?alias\//.test(text)) {
    return l10n.t(
      'This is an alias. An alias can be moved to another key at any time, and KMS takes none for grants: use the ARN of the key itself.',
    );
  }
  return l10n.t('The ARN of a key looks like arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…');
}

/** A key of which only the ARN is known. */
export function keyOfArn({ arn, keyId }: KeyArn): KmsKey {
  return { keyId, arn, aliases: [] };
}
