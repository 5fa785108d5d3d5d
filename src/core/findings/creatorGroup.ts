import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import type { Answer } from '../evidence/answer.ts';
import type { Creator } from '../evidence/creator.ts';
import type { Caller } from '../evidence/kmsEvent.ts';
import { callerKindName, type PrincipalKind, parsePrincipal } from '../kms/principal.ts';

/** Who made a grant, or why that is not known. */
export interface CreatorGroup {
  /** Equal for grants of the same creator, or with the same reason. */
  readonly id: string;
  /** Those that are known come first. */
  readonly rank: number;
  /** Printable. */
  readonly title: string;
  /** Printable. */
  readonly detail: string;
  /** `undefined` where no principal is known. */
  readonly kind: PrincipalKind | undefined;
  /** The ARN of the principal, where there is one for all of these grants. */
  readonly arn: string | undefined;
}

export function creatorGroup(answer: Answer<Creator> | undefined): CreatorGroup {
  const unknown = (id: string, rank: number, title: string): CreatorGroup => {
    return { id: `unknown|${id}`, rank, title, detail: '', kind: undefined, arn: undefined };
  };
  if (answer === undefined) {
    return unknown('notLoaded', 7, l10n.t('Creator not loaded'));
  }
  switch (answer.kind) {
    case 'denied':
      return unknown('denied', 4, l10n.t('Not allowed: {0}', answer.permission));
    case 'notSupported':
      return unknown('notSupported', 5, l10n.t('No CloudTrail event history at this endpoint'));
    case 'failed':
      return unknown('failed', 6, l10n.t('Creator unknown: the CloudTrail request failed'));
    case 'known':
      break;
  }
  switch (answer.value.kind) {
    case 'found':
      return callerGroup(answer.value.event.caller);
    case 'tooOld':
      return unknown('tooOld', 1, l10n.t('Older than the 90 days of CloudTrail'));
    case 'notFound':
      return unknown('notFound', 2, l10n.t('Not in the events that were read'));
    case 'noDate':
      return unknown('noDate', 3, l10n.t('No creation date to search by'));
  }
}

/** In IAM Identity Center, a session is a person: their roles have this name (IAM Identity Center User Guide). */
const personsRole = /^AWSReservedSSO_/;

function callerGroup({ arn, account, invokedBy }: Caller): CreatorGroup {
  const service = invokedBy === undefined ? undefined : printable(invokedBy);
  if (arn === undefined) {
    const title =
      account === undefined || service !== undefined
        ? (service ?? l10n.t("A principal that the event doesn't name"))
        : l10n.t('A principal of account {0}', printable(account));
    const detail = service === undefined ? '' : l10n.t('AWS service');
    return { id: JSON.stringify([account, invokedBy]), rank: 0, title, detail, kind: undefined, arn };
  }
  const principal = parsePrincipal({ kind: 'principal', value: arn });
  const [role = '', ...session] = principal.shortName.split('/');
  // Of other roles, the name of a session often is a new one each time.
  const isByRole = principal.kind === 'assumedRole' && session.length > 0 && !personsRole.test(role);
  const kind = isByRole ? 'role' : principal.kind;
  const name = isByRole ? role : principal.shortName;
  return {
    id: JSON.stringify([isByRole ? arn.slice(0, arn.lastIndexOf('/')) : arn, invokedBy]),
    rank: 0,
    title: service === undefined ? name : l10n.t('{0}, through {1}', name, service),
    detail: [callerKindName(kind), principal.account].filter((part) => part !== undefined).join(' · '),
    kind,
    arn: isByRole ? undefined : arn,
  };
}
