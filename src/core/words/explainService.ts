import * as l10n from '@vscode/l10n';
import type { KmsErrorDetails } from '../kms/errors.ts';
import { denialAdvice, denialSentence, parseAccessDenied } from './accessDenied.ts';
import type { ExplainTable } from './explanation.ts';

/** What KMS or another service of AWS refused, or could not do. */
export const serviceFailures = {
  grantNotFound: ({ key }) => ({
    title: l10n.t('Grant not found'),
    sentence: l10n.t('KMS no longer has this grant on {0}.', key),
    advice: l10n.t('It was probably revoked or retired elsewhere. Refresh the key to see its grants.'),
  }),
  keyNotFound: ({ key }) => ({
    title: l10n.t('Key not found'),
    sentence: l10n.t("KMS didn't find {0} in this Region and account.", key),
    advice: l10n.t('It may have been deleted. Refresh the connection, or check the Region.'),
    actions: ['retry', 'selectRegion'],
  }),
  wrongRegion: ({ key }) => ({
    title: l10n.t('Wrong Region'),
    sentence: l10n.t('The request went to a different Region than {0} is in.', key),
    advice: l10n.t('Select the Region that its ARN names.'),
    actions: ['selectRegion'],
  }),
  invalidGrantId: ({ key }) => ({
    title: l10n.t('Unknown grant ID'),
    sentence: l10n.t("KMS doesn't recognize this grant ID on {0}.", key),
    advice: l10n.t('The grant may already be revoked or retired. Refresh the key to see its grants.'),
  }),
  invalidArn: ({ key }) => ({
    title: l10n.t('ARN rejected'),
    sentence: l10n.t('KMS rejected an ARN in the request for {0}.', key),
    advice: l10n.t('Refresh the connection. If the error persists, see the log for the answer from KMS.'),
  }),
  invalidPrincipal: ({ details }) => ({
    title: l10n.t('Unknown principal'),
    sentence: unknownPrincipal(details.principals),
    advice: l10n.t('It may be deleted, have another path, or be too new for KMS. Check its ARN, then retry.'),
  }),
  invalidMarker: ({ server }) => ({
    title: l10n.t('List changed'),
    sentence: l10n.t("{0} couldn't continue the list from where it stopped.", server),
    advice: l10n.t('The list has changed. Load it again from the start.'),
  }),
  invalidState: ({ details, key }) => ({
    title: l10n.t('Key state'),
    sentence: l10n.t("The state of {0} doesn't allow {1}.", key, details.operation),
    advice: l10n.t('Check whether the key is disabled or pending deletion.'),
  }),
  dependencyTimeout: () => ({
    title: l10n.t('KMS timed out'),
    sentence: l10n.t('KMS timed out while it waited for another part of AWS.'),
    advice: l10n.t('This is usually temporary. Retry in a moment.'),
  }),
  internal: ({ details, server, service, signInService }) => ({
    title: signInService === undefined ? l10n.t('{0} internal error', server) : l10n.t('Sign-in failed'),
    sentence:
      service === undefined
        ? l10n.t('KMS had an internal error.')
        : l10n.t('{0} of {1} had an internal error.', details.operation, service),
    advice: l10n.t('This is usually temporary. Retry in a moment.'),
  }),
  dryRun: ({ details }) => ({
    title: l10n.t('Dry run'),
    sentence: l10n.t('KMS checked {0} and changed nothing.', details.operation),
    advice: l10n.t('A dry run only reports whether KMS would allow the call.'),
    actions: [],
  }),
  accessDenied: ({ call, details }) => {
    const denial = parseAccessDenied(details.message);
    // A key can be used by its ARN where keys can't be listed.
    const instead = details.operation === 'ListKeys' ? (['openKeyByArn'] as const) : [];
    return {
      title: l10n.t('Access denied'),
      sentence:
        denial === undefined ? deniedSentence(call, details.keyArn) : denialSentence(denial, details.keyArn ?? '*'),
      advice:
        denial === undefined
          ? l10n.t('Ask for the permission, or select a profile that has it. The log has the message from AWS.')
          : denialAdvice(denial),
      actions: [...instead, 'retry', 'selectProfile'],
    };
  },
  throttled: ({ details, service, signInService }) => ({
    title: l10n.t('Too many requests'),
    sentence:
      service === undefined
        ? l10n.t('KMS is receiving more {0} requests than the quota of the account allows.', details.operation)
        : l10n.t('{1} requests to {0} exceed what it allows.', service, details.operation),
    advice:
      signInService === undefined
        ? l10n.t('The whole account shares the quota. Wait a few seconds, then retry.')
        : l10n.t('Wait a minute, then retry the sign-in.'),
  }),
  limitExceeded: ({ key }) => ({
    title: l10n.t('Quota used up'),
    sentence: l10n.t('A KMS quota of the account or of {0} is used up.', key),
    advice: l10n.t('Remove what you no longer need, or ask AWS for a higher quota.'),
    actions: [],
  }),
  validation: ({ details, server }) => ({
    title: l10n.t('Request rejected'),
    sentence: l10n.t('{0} rejected the parameters of {1}.', server, details.operation),
    advice: l10n.t('See the log for the message from {0}.', server),
    actions: ['showLog', 'retry'],
  }),
} satisfies ExplainTable;

function deniedSentence(call: string, keyArn: string | undefined): string {
  return keyArn === undefined ? l10n.t('AWS denied {0}.', call) : l10n.t('AWS denied {0} on {1}.', call, keyArn);
}

function unknownPrincipal({ grantee, retiring }: KmsErrorDetails['principals'] = {}): string {
  if (grantee !== undefined && retiring !== undefined) {
    return l10n.t("KMS doesn't recognize the grantee {0} or the retiring principal {1}.", grantee, retiring);
  }
  if (grantee !== undefined) {
    return l10n.t("KMS doesn't recognize the grantee {0}.", grantee);
  }
  return l10n.t("KMS doesn't recognize the retiring principal {0}.", retiring ?? '?');
}
