import * as l10n from '@vscode/l10n';
import { formatCount, printable } from '../base/text.ts';
import type { GrantEvidence } from '../evidence/evidence.ts';
import { serviceOfAlias, unknownService } from '../kms/awsServices.ts';
import { type Grant, isAwsManaged, type KeyMetadata, type KmsKey } from '../kms/model.ts';
import { contextOf, describePrincipal, externalAccountOf, grantee, type Principal } from '../kms/principal.ts';
import { managedByText, serviceOfGrant, usedBySentence, usedByText } from '../kms/serviceGrant.ts';
import { impactOfRevoke } from '../words/impact.ts';
import { duplicatesIn } from './duplicates.ts';
import { evidenceFindings, idOwnerSentence } from './evidenceFindings.ts';
import {
  type Finding,
  type FindingKind,
  type FindingOptions,
  findingTitle,
  isWarningKind,
  sortFindings,
} from './finding.ts';

/** What findings are made from, besides the grants. */
export interface FindingContext {
  readonly options: FindingOptions;
  readonly key: KmsKey;
  /** The key's, as far as it is known. */
  readonly metadata: KeyMetadata | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was loaded about a grant. Nothing is asked for findings. */
  readonly evidenceOf?: (grant: Grant) => GrantEvidence | undefined;
}

/** The findings of all grants of one key. */
export interface KeyFindings {
  /** Of the key itself; those of its grants contain them. */
  readonly key: readonly Finding[];
  of(grantId: string): readonly Finding[];
}

export const noFindings: KeyFindings = { key: [], of: () => [] };

/** Grants that a customer managed key can have by default; AWS raises it on request (KMS Developer Guide, "Resource quotas"). */
export const grantQuota = 50_000;
const quotaWarningCount = 0.9 * grantQuota;
const dayMs = 24 * 60 * 60_000;

/** Operations on data that an encryption context binds; with any other there is none. */
const decryptOperations = ['Decrypt', 'ReEncryptFrom'];

/**
 * The AWS service that a grant belongs to: it has a mark of the service, or its key is one that AWS manages, where all
 * grants are made by services.
 */
export function managingService(grant: Grant, key: KmsKey, metadata: KeyMetadata | undefined): string | undefined {
  const service = serviceOfGrant(grant)?.service;
  if (!isAwsManaged(key, metadata) || (service !== undefined && service !== unknownService)) {
    return service;
  }
  return key.aliases.map(serviceOfAlias).find((name) => name !== undefined) ?? unknownService;
}

/** For a row: the service that uses the grant, and for what, or that manages the key. `undefined` for all others. */
export function managerText(grant: Grant, key: KmsKey, metadata: KeyMetadata | undefined): string | undefined {
  const manager = managingService(grant, key, metadata);
  if (manager === undefined) {
    return undefined;
  }
  const used = serviceOfGrant(grant);
  return used === undefined ? managedByText(manager) : usedByText({ ...used, service: manager });
}

/** The findings of one grant that need nothing but it and its key: all but duplicates and the key's quota. */
export function findingsOf(grant: Grant, context: FindingContext): readonly Finding[] {
  const subject = subjectOf(grant, context);
  return sortFindings([...grantFindings(subject, context), ...keyStateFindings(subject, context)]);
}

/**
 * The findings of all grants of a key, in linear time. `grants` are those that are known; a duplicate among some of them
 * is one among all. Leave out those that are being revoked: another grant is no duplicate of one that is about to go.
 */
export function findingsOfKey(grants: readonly Grant[], context: FindingContext): KeyFindings {
  const found = new Map<string, readonly Finding[]>();
  // Look-alikes of a service are for different resources: they are no duplicates.
  const ofAccount = grants.filter((grant) => managingService(grant, context.key, context.metadata) === undefined);
  const duplicates = isEnabled('duplicate', context) ? duplicatesIn(ofAccount) : new Map<string, Grant>();
  for (const grant of grants) {
    const subject = subjectOf(grant, context);
    const kept = duplicates.get(grant.grantId);
    const all = [
      ...grantFindings(subject, context),
      ...(kept === undefined ? [] : [duplicateFinding(subject, kept)]),
      ...keyStateFindings(subject, context),
      ...quotaFindings(subject, grants.length, context),
    ];
    found.set(grant.grantId, sortFindings(all));
  }
  return {
    key: sortFindings([...keyStateFindings(undefined, context), ...quotaFindings(undefined, grants.length, context)]),
    of: (grantId) => found.get(grantId) ?? [],
  };
}

/** A grant with what all of its findings need. */
interface Subject {
  readonly grant: Grant;
  readonly who: Principal;
  readonly managedBy: string | undefined;
  readonly impact: string;
}

function subjectOf(grant: Grant, { key, metadata }: FindingContext): Subject {
  return {
    grant,
    who: grantee(grant),
    managedBy: managingService(grant, key, metadata),
    impact: impactOfRevoke(grant),
  };
}

function managerSentence(grant: Grant, managedBy: string): string {
  const used = serviceOfGrant(grant);
  return used === undefined
    ? l10n.t('The grant is managed by {0}.', managedBy)
    : usedBySentence({ ...used, service: managedBy });
}

function duplicateFinding(subject: Subject, kept: Grant): Finding {
  const { grant } = subject;
  const newer = shortId(kept);
  const reason = l10n.t('The newer grant {0} has the same operations, grantee, encryption context, and name.', newer);
  const effect =
    grant.retiringPrincipal?.value === kept.retiringPrincipal?.value
      ? l10n.t('The newer grant {0} still allows the same.', newer)
      : l10n.t('The newer grant {0} still allows the same, but names another retiring principal.', newer);
  return finding(subject, 'duplicate', reason, effect);
}

function grantFindings(subject: Subject, context: FindingContext): readonly Finding[] {
  const { metadata, now, options } = context;
  const { grant, who, impact, managedBy } = subject;
  const add = (kind: FindingKind, reason: string, effect = impact): readonly Finding[] =>
    isEnabled(kind, context) ? [finding(subject, kind, reason, effect)] : [];
  // What an AWS service uses a grant for, and when, is its own business.
  const evidence = managedBy === undefined ? context.evidenceOf?.(grant) : undefined;
  const known = evidence === undefined ? [] : evidenceFindings(grant, evidence, options);
  const found: Finding[] = known.flatMap(({ kind, reason }) => add(kind, reason));

  const isUnresolved = who.kind === 'unresolvedRole' || who.kind === 'unresolvedUser';
  if (isUnresolved && !found.some(({ kind }) => kind === 'noSuchGrantee')) {
    const owner = evidence && idOwnerSentence(evidence);
    const sentence = describePrincipal(who, grant);
    found.push(...add('possiblyOrphaned', owner === undefined ? sentence : `${sentence} ${owner}`));
  }
  if (who.kind === 'accountRoot') {
    const reason = l10n.t(
      'The grantee is the whole account {0}, not one role or user. Its administrators decide who can use the grant.',
      who.account ?? '',
    );
    found.push(...add('accountRoot', reason));
  }
  const other = externalAccountOf(who, grant.keyArn);
  if (other !== undefined) {
    found.push(...add('otherAccount', l10n.t("The grantee belongs to account {0}. The key doesn't.", other)));
  }
  if (grant.operations.includes('CreateGrant')) {
    found.push(
      ...add(
        'mayCreateGrants',
        l10n.t('The grantee can pass on what this grant allows by creating grants.'),
        `${impact} ${l10n.t('Grants that it created through this one are listed separately.')}`,
      ),
    );
  }
  if (grant.retiringPrincipal === undefined && !grant.operations.includes('RetireGrant')) {
    const reason = l10n.t(
      "It has no retiring principal and doesn't allow RetireGrant. Only principals that can call RevokeGrant on the key, and the account that created the grant, can end it.",
    );
    found.push(...add('onlyAdminsCanEnd', reason));
  }
  // Other key types know no encryption context.
  const isSymmetric = metadata?.spec === undefined || metadata.spec === 'SYMMETRIC_DEFAULT';
  const isBound = Object.keys(contextOf(grant)).length > 0 || grant.constraints.sourceArn !== undefined;
  if (isSymmetric && !isBound && grant.operations.some((operation) => decryptOperations.includes(operation))) {
    const reason = l10n.t(
      'No encryption context constrains it, so it allows decryption of everything encrypted with the key.',
    );
    found.push(...add('noEncryptionContext', reason));
  }
  const age = grant.creationDate === undefined ? 0 : (now - grant.creationDate.getTime()) / dayMs;
  if (age > options.olderThanDays) {
    const days = Math.floor(age);
    const created = days === 1 ? l10n.t('It was created 1 day ago.') : l10n.t('It was created {0} days ago.', days);
    found.push(...add('olderThan', `${created} ${l10n.t("Grants don't expire by themselves.")}`));
  }
  return found;
}

/** Of the key's state; without a grant, for the key itself. */
function keyStateFindings(subject: Subject | undefined, context: FindingContext): readonly Finding[] {
  const add = (kind: FindingKind, reason: string, effect: string) =>
    isEnabled(kind, context) ? [finding(subject, kind, reason, effect)] : [];
  switch (context.metadata?.state) {
    case 'Disabled': {
      const effect = l10n.t('Nothing changes while the key is disabled.');
      return add(
        'keyDisabled',
        l10n.t('The key is disabled. Nobody can use its grants for cryptographic operations until it is enabled.'),
        subject === undefined ? effect : `${effect} ${l10n.t('When it is enabled again: {0}', subject.impact)}`,
      );
    }
    case 'PendingDeletion':
    case 'PendingReplicaDeletion': {
      const effect = l10n.t('Nothing changes unless the deletion is canceled.');
      return add(
        'keyPendingDeletion',
        l10n.t('The key is pending deletion. Nobody can use its grants for cryptographic operations.'),
        subject === undefined ? effect : `${effect} ${l10n.t('If it is canceled: {0}', subject.impact)}`,
      );
    }
    default:
      return [];
  }
}

/** The quota of grants is one of customer managed keys. Without a grant, for the key itself. */
function quotaFindings(subject: Subject | undefined, count: number, context: FindingContext): readonly Finding[] {
  if (count < quotaWarningCount || isAwsManaged(context.key, context.metadata) || !isEnabled('nearQuota', context)) {
    return [];
  }
  const reason = l10n.t(
    'The key has {0} grants. The default quota is {1}, which AWS raises on request.',
    formatCount(count),
    formatCount(grantQuota),
  );
  const effect = l10n.t('One grant fewer then counts toward the quota.');
  return [finding(subject, 'nearQuota', reason, subject === undefined ? effect : `${subject.impact} ${effect}`)];
}

function finding(subject: Subject | undefined, kind: FindingKind, reason: string, effect: string): Finding {
  const managedBy = subject?.managedBy;
  const manager =
    subject === undefined || managedBy === undefined ? undefined : managerSentence(subject.grant, managedBy);
  return {
    kind,
    severity: managedBy === undefined && isWarningKind(kind) ? 'warning' : 'info',
    title: findingTitle(kind),
    reason: manager === undefined ? reason : `${reason} ${manager}`,
    effect,
    managedBy,
  };
}

function isEnabled(kind: FindingKind, { options }: FindingContext): boolean {
  return !options.off.has(kind);
}

/** Enough of a grant's ID to find it by eye. */
function shortId({ grantId }: Grant): string {
  return printable(grantId, 13);
}
