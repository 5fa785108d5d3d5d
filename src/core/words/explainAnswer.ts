import * as l10n from '@vscode/l10n';
import { signInServices } from '../kms/errors.ts';
import type { ExplainTable } from './explanation.ts';

/** No answer came, or none that can be read. */
export const answerFailures = {
  timeout: ({ call }) => ({
    title: l10n.t('No answer'),
    sentence: l10n.t("AWS didn't answer {0} in time.", call),
    advice: l10n.t('Check the network connection, VPN, and proxy, then retry.'),
  }),
  network: ({ details, service }) => ({
    title: l10n.t('Not reachable'),
    // The operation is in the tooltip and in the log.
    sentence: l10n.t("Can't reach {0}.", service ?? (signInServices.has(details.operation) ? 'AWS' : 'AWS KMS')),
    advice: l10n.t('Check the network connection, VPN, proxy, and Region, then retry.'),
    actions: ['retry', 'selectRegion'],
  }),
  hostNotFound: ({ call, details }) => ({
    title: l10n.t('Host not found'),
    sentence: l10n.t("Can't find the host {0} for {1}.", details.host ?? '?', call),
    advice: l10n.t('Check the network connection, DNS, VPN, proxy, and Region, then retry.'),
    actions: ['retry', 'selectRegion'],
  }),
  certificateNotTrusted: ({ call, details }) => ({
    title: l10n.t('Certificate not trusted'),
    sentence:
      details.issuer === undefined
        ? l10n.t("The certificate of {0} isn't trusted: {1}.", details.host ?? call, details.message)
        : l10n.t(
            "The certificate of {0}, issued by {1}, isn't trusted: {2}.",
            details.host ?? call,
            details.issuer,
            details.message,
          ),
    advice: l10n.t(
      "For a company certificate, add its CA to the system's certificates (http.systemCertificates), or start VS Code with NODE_EXTRA_CA_CERTS. The ca_bundle of the AWS CLI isn't used here.",
    ),
  }),
  notJson: ({ details, server }) => ({
    title: l10n.t('Unexpected answer'),
    sentence: l10n.t("The answer to {0} isn't in the format that {1} uses.", details.operation, server),
    advice: otherServerAdvice(),
  }),
  tooLarge: ({ call, details }) => ({
    title: l10n.t('Answer too large'),
    sentence: l10n.t('The answer to {0} was larger than any that AWS gives. {1}', call, details.message),
    advice: otherServerAdvice(),
  }),
  endlessList: ({ details }) => ({
    title: l10n.t('Endless list'),
    sentence: l10n.t("A list from AWS doesn't end. {0}", details.message),
    advice: l10n.t('The server at this endpoint may not be AWS. Retry, or see the log.'),
  }),
  notSupported: ({ call, server }) => ({
    title: l10n.t('Not available here'),
    sentence: l10n.t("{0} isn't available at this endpoint.", call),
    advice: l10n.t(
      'Servers other than AWS may lack it. If another server has it, set the endpoint_url of {0}.',
      server,
    ),
  }),
  unknown: ({ call, details }) => ({
    title: l10n.t('Failed'),
    sentence: l10n.t('{0} failed: {1}', call, `${details.awsName}: ${details.message}`),
    advice: l10n.t('See the log for details.'),
  }),
} satisfies ExplainTable;

function otherServerAdvice(): string {
  return l10n.t('A proxy, a captive portal, or a wrong endpoint may have answered instead. Check them, then retry.');
}
