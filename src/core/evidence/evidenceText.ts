import * as l10n from '@vscode/l10n';
import { localTime, printable } from '../base/text.ts';
import type { IamPrincipal } from '../kms/evidenceApi.ts';
import type { Grant, KeyLastUsage } from '../kms/model.ts';
import { callerKindName, grantee, type Principal, parsePrincipal, principalKindName } from '../kms/principal.ts';
import { explain } from '../words/explain.ts';
import { operationList, policySentence, statementText } from '../words/policyText.ts';
import type { Answer, EvidenceKind } from './answer.ts';
import type { Creator } from './creator.ts';
import type { GrantEvidence } from './evidence.ts';
import { type Holder, isYounger } from './holder.ts';
import { absenceText, idOwnerText, successorText } from './holderText.ts';
import type { Caller } from './kmsEvent.ts';
import type { Remains } from './remains.ts';

/** One thing that is known about a grant, or why it is not. Printable. */
export interface EvidenceLine {
  readonly kind: EvidenceKind;
  /** Such as `Created by`. */
  readonly title: string;
  /** What is known, in one line. */
  readonly text: string;
  /** Where it is from, and when it was read; nothing where nothing was answered. */
  readonly source: string | undefined;
  /** What there is to know besides, a line each: conditions, limits. */
  readonly more: readonly string[];
  /** `quiet`: nothing to worry about, as of what is not allowed. */
  readonly tone: 'known' | 'quiet' | 'failed';
}

/** What was loaded about a grant, the weightiest first. */
export function evidenceLines(grant: Grant, evidence: GrantEvidence): readonly EvidenceLine[] {
  const { creator, keyLastUsed, holder, remains } = evidence;
  return [
    ...(creator === undefined ? [] : creatorLines(creator, grant)),
    ...(keyLastUsed === undefined ? [] : [keyLine(keyLastUsed)]),
    ...(holder === undefined ? [] : [holderLine(holder, grant)]),
    ...(remains === undefined ? [] : remainsLines(remains, grant)),
  ];
}

const cloudTrail = 'CloudTrail';
const iam = 'IAM';
const kms = 'AWS KMS';

function creatorLines(answer: Answer<Creator>, grant: Grant): readonly EvidenceLine[] {
  const title = l10n.t('Created by');
  if (answer.kind !== 'known') {
    return [notKnown('creator', title, answer, l10n.t('This endpoint has no CloudTrail event history.'))];
  }
  const { value, at } = answer;
  const line = { kind: 'creator', title, source: readAt(cloudTrail, at), more: [], tone: 'quiet' } as const;
  switch (value.kind) {
    case 'found': {
      const { caller, time, granteePrincipal } = value.event;
      const when = time === undefined ? undefined : localTime(time);
      const text = [callerText(caller), when].filter((part) => part !== undefined).join(' · ');
      const created: EvidenceLine = {
        ...line,
        text,
        more: [
          ...(caller.arn === undefined ? [] : [printable(caller.arn, 400)]),
          l10n.t('CloudTrail event {0}', printable(value.source.eventId)),
        ],
        tone: 'known',
      };
      const isRenamed = granteePrincipal !== undefined && granteePrincipal !== grant.granteePrincipal?.value;
      const madeFor: EvidenceLine = {
        ...line,
        title: l10n.t('Created for'),
        text: printable(granteePrincipal ?? '', 400),
        more: [l10n.t('The grantee as the CreateGrant request names it.')],
        tone: 'known',
      };
      return isRenamed ? [created, madeFor] : [created];
    }
    case 'tooOld':
      return [{ ...line, text: l10n.t('Older than the CloudTrail event history, which goes back 90 days.') }];
    case 'noDate':
      return [{ ...line, text: l10n.t('KMS gave no creation date to search by.') }];
    case 'notFound': {
      const looked = l10n.t(
        'Not found. CreateGrant events read from {1} to {2}: {0}.',
        value.events,
        localTime(value.since),
        localTime(value.until),
      );
      const more = [
        ...(value.isPartial ? [l10n.t("More events from that time weren't read.")] : []),
        ...(value.mayArrive ? [l10n.t('Events can arrive 15 minutes late.')] : []),
      ];
      return [{ ...line, text: [looked, ...more].join(' ') }];
    }
  }
}

/** Who called, such as `ana (IAM user)`, and the service that acted for them. */
export function callerText({ arn, invokedBy }: Caller): string {
  const service = invokedBy === undefined ? undefined : printable(invokedBy);
  if (arn === undefined) {
    return service ?? l10n.t("a principal that the event doesn't name");
  }
  const { kind, shortName } = parsePrincipal({ kind: 'principal', value: arn });
  const who = `${shortName} (${callerKindName(kind)})`;
  return service === undefined ? who : l10n.t('{0}, through {1}', who, service);
}

function keyLine(answer: Answer<KeyLastUsage>): EvidenceLine {
  const title = l10n.t('Key last used');
  if (answer.kind !== 'known') {
    return notKnown('keyLastUsed', title, answer, l10n.t("This endpoint doesn't report when a key was last used."));
  }
  const { last, trackingStartDate } = answer.value;
  const limits = l10n.t(
    'Counts successful cryptographic operations, not only through this grant, and can be an hour late.',
  );
  const line = { kind: 'keyLastUsed', title, source: readAt(kms, answer.at), more: [limits] } as const;
  if (last !== undefined) {
    return { ...line, text: `${printable(last.operation)} · ${localTime(last.timestamp)}`, tone: 'known' };
  }
  const text =
    trackingStartDate === undefined
      ? l10n.t("No use recorded. AWS doesn't say since when.")
      : l10n.t('No use recorded since {0}.', localTime(trackingStartDate));
  return { ...line, text, tone: 'known' };
}

function holderLine(answer: Answer<Holder>, grant: Grant): EvidenceLine {
  const title = l10n.t('Grantee');
  if (answer.kind !== 'known') {
    return notKnown('holder', title, answer, l10n.t('This endpoint has no IAM.'));
  }
  const { value, at, through } = answer;
  const service = through === undefined ? iam : l10n.t('{0} through {1}', iam, printable(through));
  const line = { kind: 'holder', title, source: readAt(service, at), more: [], tone: 'known' } as const;
  switch (value.kind) {
    case 'role': {
      const { lastUsed } = value.role;
      const used =
        lastUsed === undefined
          ? l10n.t('IAM recorded no use in about the last 400 days, in some Regions less.')
          : lastUsed.region === undefined
            ? l10n.t('Last used {0}.', localTime(lastUsed.at))
            : l10n.t('Last used {0} in {1}.', localTime(lastUsed.at), printable(lastUsed.region));
      return { ...line, text: `${existsText(l10n.t('Role'), value.role, grant)} ${used}` };
    }
    case 'user':
      return { ...line, text: existsText(l10n.t('User'), value.user, grant) };
    case 'noSuchName':
      return { ...line, text: absenceText(value) };
    case 'noSuchId': {
      const { successor } = value;
      const text = absenceText(value);
      return { ...line, text: successor === undefined ? text : `${text} ${successorText(successor)}` };
    }
    case 'sameId':
      return { ...line, text: idOwnerText(value.principal) };
    case 'otherAccount':
      return {
        ...line,
        source: undefined,
        text: l10n.t('In account {0}, which has no open connection.', value.account),
        tone: 'quiet',
      };
    case 'notInIam':
      return {
        ...line,
        source: undefined,
        text: l10n.t('IAM lists roles and users only; this is {0}.', nameOf(value.principal)),
        tone: 'quiet',
      };
  }
}

function existsText(what: string, principal: IamPrincipal, grant: Grant): string {
  const since =
    principal.created === undefined
      ? l10n.t('{0} exists.', what)
      : l10n.t('{0} exists. It was created {1}.', what, localTime(principal.created));
  return isYounger(principal, grant) ? `${since} ${l10n.t('It was created after the grant.')}` : since;
}

function remainsLines(remains: Remains, grant: Grant): readonly EvidenceLine[] {
  const { policy } = remains;
  const others = othersLine(remains, grant);
  const title = l10n.t('Key policy');
  if (policy.kind !== 'known') {
    return [others, notKnown('remains', title, policy, l10n.t('This endpoint gives no key policy.'))];
  }
  const who = nameOf(grantee(grant));
  return [
    others,
    ...policy.value.map(
      (reading): EvidenceLine => ({
        kind: 'remains',
        title,
        text: policySentence(reading, grant.operations),
        source: readAt(kms, policy.at),
        more: [
          l10n.t('Evaluated for {0}.', who),
          ...reading.statements.map(statementText),
          ...reading.conditionalDenials.map((statement) => l10n.t('May deny: {0}', statementText(statement))),
        ],
        tone: 'known',
      }),
    ),
  ];
}

function othersLine({ grants, ofAccount, read, at, isPartial }: Remains, { operations }: Grant): EvidenceLine {
  const line = { kind: 'remains', title: l10n.t('Other grants'), more: [], tone: 'known' } as const;
  if (read === 0 && isPartial) {
    return { ...line, text: l10n.t('No other grants of the key were read.'), source: undefined, tone: 'quiet' };
  }
  const allowed = new Set(grants.flatMap((other) => other.operations));
  const names = operationList(
    operations.filter((operation) => allowed.has(operation)),
    operations,
  );
  const constrained = grants.filter((other) => isConstrained(other.grant)).length;
  const none =
    ofAccount > 0
      ? undefined
      : read === 0
        ? l10n.t('The key has no other grant.')
        : l10n.t('Read: {0}. None allows this grantee any operation of this grant.', read);
  const found =
    grants.length === 0
      ? none
      : grants.length === 1
        ? l10n.t('1 other grant of this grantee on the key allows {0}.', names)
        : l10n.t('{0} other grants of this grantee on the key allow {1}.', grants.length, names);
  const limits = [
    ...(ofAccount === 0
      ? []
      : [l10n.t('Grants to its whole account that allow some of these operations: {0}.', ofAccount)]),
    ...(constrained === 0 ? [] : [l10n.t('Limited by constraints: {0}.', constrained)]),
    ...(isPartial ? [l10n.t('Not all grants on the key were read.')] : []),
  ];
  return {
    ...line,
    text: [found, ...limits].filter((part) => part !== undefined).join(' '),
    source: readAt(kms, at),
    more: grants.map((other) => `${printable(other.grant.grantId)}: ${operationList(other.operations)}`),
  };
}

function isConstrained({ constraints }: Grant): boolean {
  return Object.values(constraints).some((constraint) => constraint !== undefined);
}

type Unanswered = Exclude<Answer<unknown>, { readonly kind: 'known' }>;

/** Why something is not known. */
function notKnown(kind: EvidenceKind, title: string, answer: Unanswered, notSupported: string): EvidenceLine {
  const line = { kind, title, source: undefined, more: [], tone: 'quiet' } as const;
  if (answer.kind === 'failed') {
    const { sentence } = explain(answer.error.details);
    return { ...line, text: printable(sentence, 400), tone: 'failed' };
  }
  return { ...line, text: answer.kind === 'denied' ? l10n.t('Not allowed: {0}.', answer.permission) : notSupported };
}

/** Such as `ana (IAM user)`. */
function nameOf({ kind, shortName }: Principal): string {
  return `${shortName} (${principalKindName(kind)})`;
}

function readAt(source: string, at: number): string {
  return l10n.t('{0}, read {1}', source, localTime(new Date(at)).slice(0, 16));
}
