import * as l10n from '@vscode/l10n';
import type { Explained, ExplainTable, Failure } from './explanation.ts';

/** What the AWS config and credentials files, or the environment, have wrong. */
export const setupFailures = {
  profileMissing: ({ details, profile }) => ({
    title: l10n.t('Profile not found'),
    sentence:
      details.files === undefined
        ? l10n.t("Profile {0} isn't in the AWS config or credentials file.", profile)
        : l10n.t("Profile {0} isn't in these files: {1}.", profile, details.files.join(', ')),
    advice: l10n.t('Add it to one of the files, then retry, or select another profile.'),
    actions: ['selectProfile', 'retry'],
  }),
  profileInvalid,
  filesUnreadable: ({ details }) => ({
    title: l10n.t('File not readable'),
    sentence: l10n.t(
      "{0} can't be read: {1}",
      details.files?.join(', ') ?? l10n.t('An AWS config or credentials file'),
      details.message,
    ),
    advice: l10n.t('Correct the file, or the variable that names it, then retry.'),
    actions: ['retry', 'selectProfile'],
  }),
  regionInvalid: ({ details, profile }) => ({
    title: l10n.t('Invalid Region'),
    sentence: l10n.t(
      "The Region of profile {0} isn't the name of an AWS Region: {1}.",
      profile,
      details.region ?? details.message,
    ),
    advice: l10n.t('Select a Region, or correct the name. It looks like eu-west-1, without quotes.'),
    actions: ['selectRegion', 'selectProfile'],
  }),
  regionMissing: ({ profile }) => ({
    title: l10n.t('No Region'),
    sentence: l10n.t('No AWS Region is set for profile {0}.', profile),
    advice: l10n.t('Select the Region whose keys you want to see.'),
    actions: ['selectRegion', 'selectProfile'],
  }),
  invalidEndpoint: ({ details, profile }) => ({
    title: l10n.t('Endpoint not usable'),
    sentence: l10n.t("The endpoint of profile {0} can't be used: {1}", profile, details.message),
    advice: l10n.t(
      'Correct endpoint_url or services in the AWS config file, or the environment variable that sets the endpoint.',
    ),
    actions: ['retry', 'selectProfile'],
  }),
} satisfies ExplainTable;

/** What is set up for the profile can't work: by the files themselves, or since the service refuses it. */
function profileInvalid({ details, profile, call }: Failure): Explained {
  const rest = {
    title: l10n.t('Profile not usable'),
    actions: ['retry', 'selectProfile'],
  } as const;
  if (/DurationSeconds/i.test(details.message)) {
    return {
      ...rest,
      sentence: l10n.t('{0} rejected the duration_seconds of profile {1}: {2}', call, profile, details.message),
      advice: l10n.t('Lower it to what the role allows, or to 3600 if another role assumes it.'),
    };
  }
  return {
    ...rest,
    sentence:
      details.operation === 'Connect'
        ? l10n.t("Profile {0} can't sign in: {1}", profile, details.message)
        : l10n.t('{0} rejected the setup of profile {1}: {2}', call, profile, details.message),
    advice: l10n.t(
      'Correct the profile in the AWS config file, or the environment variables that it uses, or select another profile.',
    ),
  };
}
