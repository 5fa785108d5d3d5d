import * as l10n from '@vscode/l10n';
import { callerKindName, parsePrincipal } from '../kms/principal.ts';
import { denialSentence } from '../words/accessDenied.ts';
import type { PageSection } from '../words/page.ts';
import { pairsText } from './encryptionContext.ts';
import type { ErrorText, NamedKey } from './errorText.ts';

export function whatHappened(error: ErrorText): PageSection {
  const { code, action, principal, key, region, account, encryptionContext, requestId, quote } = error;
  const known: readonly (readonly [string, string | undefined])[] = [
    [l10n.t('Error'), code],
    [l10n.t('Operation'), action],
    [l10n.t('Principal'), principal === undefined ? undefined : principalLine(principal)],
    [l10n.t('Key'), keyText(key)],
    [l10n.t('Region'), region],
    [l10n.t('Account of the key'), account],
    [l10n.t('Encryption context'), encryptionContext === undefined ? undefined : pairsText(encryptionContext)],
    [l10n.t('Request ID'), requestId],
    [l10n.t('Message from AWS'), quote],
  ];
  const missing = known.slice(1, 7).flatMap(([name, value]) => (value === undefined ? [name] : []));
  return {
    title: l10n.t('What Happened'),
    text: sentenceOf(error),
    lines: [
      ...known.flatMap(([name, value]) => (value === undefined ? [] : [{ text: `${name}: ${value}` }])),
      ...(missing.length === 0 ? [] : [{ text: l10n.t('Not in the text: {0}.', missing.join(', ')) }]),
    ],
  };
}

function principalLine(arn: string): string {
  const { kind } = parsePrincipal({ kind: 'principal', value: arn });
  return kind === 'other' ? arn : `${arn} (${callerKindName(kind)})`;
}

function keyText(key: NamedKey | undefined): string | undefined {
  switch (key?.kind) {
    case 'arn':
      return key.arn;
    case 'keyId':
      return key.keyId;
    case 'alias':
      return key.alias;
    case undefined:
      return undefined;
  }
}

function sentenceOf({ kind, action, principal, key, reason, code }: ErrorText): string {
  const what = keyText(key) ?? l10n.t("a key that the text doesn't name");
  const call = action ?? l10n.t('A call');
  switch (kind) {
    case 'accessDenied':
      return action === undefined
        ? l10n.t("AWS denied a call on {0}. The text doesn't name the operation.", what)
        : denialSentence({ principal, action, resource: keyText(key), reason: reason ?? { kind: 'notGiven' } }, what);
    case 'ciphertextKeyHidden':
      return l10n.t(
        "The key that encrypted the ciphertext doesn't exist, is in another Region, or isn't available to the caller. KMS doesn't say which.",
      );
    case 'keyDisabled':
      return l10n.t('{0} failed: {1} was disabled.', call, what);
    case 'pendingDeletion':
      return l10n.t('{0} failed: {1} was pending deletion.', call, what);
    case 'pendingImport':
      return l10n.t('{0} failed: {1} was pending import of key material.', call, what);
    case 'keyUnavailable':
      return l10n.t('{0} failed: {1} was unavailable.', call, what);
    case 'invalidState':
      return l10n.t("{0} failed: the state of {1} didn't allow it.", call, what);
    case 'keyNotFound':
      return l10n.t("{0} failed: KMS didn't find {1} in the Region and account of the request.", call, what);
    case 'aliasNotFound':
      return l10n.t("{0} failed: KMS didn't find {1}.", call, what);
    case 'wrongRegion':
      return l10n.t('{0} failed: the ARN of the key belongs to a different Region than the request.', call);
    case 'keyInaccessible':
      return l10n.t("An AWS service couldn't use {0}, and doesn't say exactly why.", what);
    case 'invalidCiphertext':
      return l10n.t(
        "{0} failed: the ciphertext is damaged, or it was encrypted with another key or another encryption context. KMS doesn't say which.",
        call,
      );
    case 'incorrectKey':
      return l10n.t("{0} failed: the key in the request isn't the one that encrypted the ciphertext.", call);
    case 'invalidKeyUsage':
      return l10n.t("{0} failed: {1} doesn't support this operation or algorithm.", call, what);
    case 'invalidGrantToken':
      return l10n.t("{0} failed: a grant token wasn't valid.", call);
    case 'grantNotFound':
      return l10n.t("{0} failed: KMS didn't find the grant or its key.", call);
    case 'invalidPrincipal':
      return l10n.t("{0} failed: a principal in the request doesn't exist, or is too new.", call);
    case 'throttled':
      return l10n.t('{0} failed: the account sent more requests to KMS than its quota allows.', call);
    case 'limitExceeded':
      return l10n.t('{0} failed: a quota of KMS is used up.', call);
    case 'internal':
      return l10n.t('{0} failed inside KMS.', call);
    case 'other':
      return l10n.t('{0} failed with {1}.', call, code ?? l10n.t('an error'));
  }
}
