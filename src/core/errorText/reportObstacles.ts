import * as l10n from '@vscode/l10n';
import { localTime } from '../base/text.ts';
import { readKeyPolicy } from '../kms/keyPolicy.ts';
import { type KeyMetadata, keyLabel } from '../kms/model.ts';
import { explain } from '../words/explain.ts';
import type { PageLine, PageSection } from '../words/page.ts';
import { policySentence, statementText } from '../words/policyText.ts';
import { pairsText } from './encryptionContext.ts';
import type { ErrorText } from './errorText.ts';
import { type Gap, type GrantFit, grantsFor, requestOf, unresolvedFor } from './grantFit.ts';
import type { KeyFacts, Lead, Read } from './keyFacts.ts';

export function whatStandsInTheWay(error: ErrorText, lead: Lead): PageSection {
  const facts = lead.kind === 'found' ? lead.facts : undefined;
  return {
    title: l10n.t('Possible Causes'),
    text: leadText(error, lead),
    lines: [
      ...reasonLines(error),
      ...(facts === undefined
        ? []
        : [stateLine(facts.metadata), ...grantLines(error, facts), ...policyLines(error, facts)]),
      ...unseenLines(error),
    ],
  };
}

function leadText(error: ErrorText, lead: Lead): string {
  switch (lead.kind) {
    case 'found':
      return l10n.t(
        'Key {0} as it is now, read through connection {1}.',
        keyLabel(lead.facts.key),
        lead.facts.connection,
      );
    case 'noKey':
      return l10n.t("The text names no key, so its grants and policy weren't read.");
    case 'notListed':
      return lead.error === undefined
        ? l10n.t("Connection {0} lists no such key, so its grants and policy weren't read.", lead.connection)
        : l10n.t(
            "Connection {0} couldn't list all keys, so the key wasn't found: {1}",
            lead.connection,
            explain(lead.error.details).sentence,
          );
    case 'ambiguous':
      return l10n.t(
        "Several connections list such a key: {0}. The text doesn't say which one, so no grants and no policy were read.",
        lead.connections.join(', '),
      );
    case 'noConnection': {
      const where = [error.account, error.region].filter((part) => part !== undefined).join(', ');
      return where === ''
        ? l10n.t("No open connection leads to the key, so its grants and policy weren't read.")
        : l10n.t("No open connection leads to {0}, so the grants and the policy of the key weren't read.", where);
    }
  }
}

function reasonLines({ reason }: ErrorText): readonly PageLine[] {
  switch (reason?.kind) {
    case 'denied':
      return [{ text: l10n.t('Reason given by AWS: an explicit Deny. No grant and no other policy overrides it.') }];
    case 'notAllowed':
      return [
        {
          text: l10n.t(
            'Reason given by AWS: a permission is missing. Of several policies that lack it, AWS names one.',
          ),
        },
      ];
    case 'notShared':
      return [{ text: l10n.t("AWS doesn't say whether the key doesn't exist or isn't shared.") }];
    case 'notGiven':
      return [{ text: l10n.t('AWS gives no reason.') }];
    case undefined:
      return [];
  }
}

function stateLine(metadata: Read<KeyMetadata>): PageLine {
  if (metadata.kind === 'failed') {
    return notRead(l10n.t('Key state'), metadata);
  }
  const { state, deletionDate } = metadata.value;
  return {
    text:
      deletionDate === undefined
        ? l10n.t('Key state now: {0}.', state)
        : l10n.t('Key state now: {0}, to be deleted on {1}.', state, localTime(deletionDate)),
  };
}

function notRead(what: string, { error }: Read<never> & { readonly kind: 'failed' }): PageLine {
  return { text: l10n.t("{0} couldn't be read: {1}", what, explain(error.details).sentence) };
}

/** More grants than these are counted, not listed. */
const mostGrantsListed = 20;

function grantLines(error: ErrorText, { grants, otherKeys }: KeyFacts): readonly PageLine[] {
  const title = l10n.t('Grants');
  if (grants.kind === 'failed') {
    return [notRead(title, grants)];
  }
  const request = requestOf(error);
  if (request === undefined) {
    return [{ text: l10n.t("Grants: not compared, because the text doesn't name the principal or the operation.") }];
  }
  const fits = grantsFor(request, grants.value.grants);
  const lost = unresolvedFor(request, grants.value.grants);
  const partly = grants.value.isComplete ? [] : [l10n.t('Not all grants on the key were read.')];
  const listed = fits.slice(0, mostGrantsListed);
  const rest = fits.length - listed.length;
  return [
    fits.length === 0
      ? { text: l10n.t('Grants: this principal holds none of those that were read.'), more: partly }
      : {
          text: l10n.t('Grants of this principal on the key: {0}.', fits.length),
          more: [
            ...listed.map(fitText),
            ...(rest === 0 ? [] : [l10n.t('Not listed here: {0} more.', rest)]),
            ...partly,
          ],
        },
    ...(lost.length === 0
      ? []
      : [
          {
            text: l10n.t(
              "Grants for {1} whose grantee is an ID that KMS can't resolve: {0}. A recreated role or user gets a new ID, and its old grants stay with the old one.",
              lost.length,
              request.operation,
            ),
          },
        ]),
    ...(otherKeys.length === 0
      ? []
      : [
          {
            text: l10n.t(
              'This principal holds a grant that allows the call on at least one other key. The call may have named the wrong key.',
            ),
            more: otherKeys.slice(0, mostGrantsListed).map((key) => `${keyLabel(key)} (${key.keyId})`),
          },
        ]),
  ];
}

function fitText({ grant, gaps }: GrantFit): string {
  const name = grant.name ?? grant.grantId;
  return gaps.length === 0
    ? l10n.t('{0}: would allow it. It may be too new to work everywhere, or an explicit Deny may override it.', name)
    : l10n.t('{0}: {1}', name, gaps.map((gap) => gapText(gap, grant.operations)).join('; '));
}

function gapText(gap: Gap, operations: readonly string[]): string {
  switch (gap.kind) {
    case 'operation':
      return l10n.t('allows other operations only: {0}', operations.join(', '));
    case 'otherSession':
      return l10n.t('is held by one session of the role, which may not be the session of the call');
    case 'account':
      return l10n.t('is held by the whole account, where an IAM policy must allow it too');
    case 'unclearHolder':
      return l10n.t('may be held by another principal');
    case 'contextPair':
      return gap.given === undefined
        ? l10n.t('needs {0} = {1} in the encryption context', gap.key, gap.value)
        : l10n.t('needs {0} = {1} in the encryption context, and the call had {2}', gap.key, gap.value, gap.given);
    case 'contextExtra':
      return l10n.t('allows no {0} in the encryption context', gap.key);
    case 'contextUnknown':
      return l10n.t("needs {0} in the encryption context, which isn't in the text", pairsText(gap.pairs));
    case 'sourceArn':
      return l10n.t('is for the resource {0} only', gap.arn);
  }
}

function policyLines(error: ErrorText, { policy, key }: KeyFacts): readonly PageLine[] {
  const title = l10n.t('Key policy');
  if (policy.kind === 'failed') {
    return [notRead(title, policy)];
  }
  const request = requestOf(error);
  if (request === undefined) {
    return [];
  }
  const { principal, operation } = request;
  return readKeyPolicy(policy.value, { keyArn: key.arn, principal, operations: [operation] }).map((reading) => ({
    text: `${title}: ${policySentence(reading)}`,
    more: [
      ...reading.statements.map(statementText),
      ...reading.conditionalDenials.map((statement) => l10n.t('May deny: {0}', statementText(statement))),
    ],
  }));
}

function unseenLines({ kind }: ErrorText): readonly PageLine[] {
  return kind === 'accessDenied' || kind === 'ciphertextKeyHidden' || kind === 'keyInaccessible'
    ? [
        {
          text: l10n.t(
            'Not visible from here: IAM policies of the principal, permissions boundaries, session policies, and policies of the organization (SCPs, RCPs) and of VPC endpoints.',
          ),
        },
      ]
    : [];
}
