import * as l10n from '@vscode/l10n';
import {
  type CreateGrantInput,
  type Grant,
  isAwsManaged,
  type KeyMetadata,
  type KmsKey,
  type PrincipalRef,
  refusesCreateGrant,
} from '../kms/model.ts';
import { parsePrincipal } from '../kms/principal.ts';
import { principalText } from '../words/describe.ts';

/** A reason why CreateGrant can't, or very probably can't, make a grant again. */
export interface Obstacle {
  /** KMS would certainly refuse it. Otherwise KMS decides. */
  readonly isCertain: boolean;
  readonly sentence: string;
}

export interface SameTerm {
  readonly name: string;
  /** As KMS gave it. */
  readonly value: string;
}

/** What creating a grant again would do. */
export interface RecreatePlan {
  /** `undefined` when it is not known who held the grant. */
  readonly input: CreateGrantInput | undefined;
  /** What the new grant has in common with the old one. */
  readonly same: readonly SameTerm[];
  /** How it differs. */
  readonly different: readonly string[];
  readonly obstacles: readonly Obstacle[];
}

/** `metadata`: of the key as it is now; `undefined` when KMS did not answer. */
export function planRecreate(key: KmsKey, grant: Grant, metadata: KeyMetadata | undefined): RecreatePlan {
  const { granteePrincipal, retiringPrincipal, operations, constraints, name } = grant;
  const input: CreateGrantInput | undefined = granteePrincipal && {
    keyArn: key.arn,
    operations,
    granteePrincipal,
    constraints,
    ...(retiringPrincipal === undefined ? {} : { retiringPrincipal }),
    ...(name === undefined ? {} : { name }),
  };
  return {
    input,
    same: sameTerms(grant),
    different: [
      l10n.t('the grant ID, so update what refers to the old one'),
      l10n.t("the issuing account, if it isn't the one that you sign in to"),
      l10n.t('the creation date'),
      l10n.t('the grant token'),
    ],
    obstacles: [...keyObstacles(key, metadata), ...granteeObstacles(granteePrincipal), ...retiringObstacles(grant)],
  };
}

function sameTerms({ granteePrincipal, retiringPrincipal, operations, constraints, name }: Grant): SameTerm[] {
  const context = (pairs: Readonly<Record<string, string>> | undefined) =>
    pairs === undefined ? undefined : JSON.stringify(pairs);
  const terms: readonly (readonly [string, string | undefined])[] = [
    [l10n.t('Grantee'), principalText(granteePrincipal)],
    [l10n.t('Operations'), operations.join(', ')],
    [l10n.t('Encryption context equals'), context(constraints.encryptionContextEquals)],
    [l10n.t('Encryption context includes'), context(constraints.encryptionContextSubset)],
    [l10n.t('Source ARN'), constraints.sourceArn],
    [l10n.t('Name'), name ?? l10n.t('none')],
    [l10n.t('Retiring principal'), principalText(retiringPrincipal) ?? l10n.t('none')],
  ];
  return terms.flatMap(([term, value]) => (value === undefined ? [] : [{ name: term, value }]));
}

function keyObstacles(key: KmsKey, metadata: KeyMetadata | undefined): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (metadata !== undefined && refusesCreateGrant(metadata.state)) {
    obstacles.push({
      isCertain: true,
      sentence: l10n.t('The key state is {0}, in which KMS creates no grants.', metadata.state),
    });
  }
  if (isAwsManaged(key, metadata)) {
    obstacles.push({
      isCertain: false,
      sentence: l10n.t(
        'AWS manages this key, and its policy normally lets only the service create grants. KMS will probably reject this.',
      ),
    });
  }
  return obstacles;
}

function granteeObstacles(ref: PrincipalRef | undefined): Obstacle[] {
  if (ref === undefined) {
    return [{ isCertain: true, sentence: l10n.t('The grantee is unknown.') }];
  }
  const { kind, shortName } = parsePrincipal(ref);
  const probable = (sentence: string): Obstacle[] => [{ isCertain: false, sentence }];
  switch (kind) {
    case 'unresolvedRole':
    case 'unresolvedUser':
      return probable(
        l10n.t(
          'The grantee {0} is a unique ID, not an ARN, and may be a deleted principal. KMS will probably reject this grantee.',
          shortName,
        ),
      );
    case 'ec2Instance':
    case 'awsServiceSession':
      return probable(
        l10n.t(
          'The grantee is a session of an AWS service ({0}). Only the service creates such grants, so KMS will probably reject this. Let the service create a new one, for example by reattaching the volume.',
          shortName,
        ),
      );
    case 'awsInternal':
      return probable(
        l10n.t(
          "The grantee is an AWS service whose principal KMS doesn't show ({0}). Only the service creates such grants, so KMS will probably reject this.",
          shortName,
        ),
      );
    // Whether KMS takes the name of a service as a grantee principal is not known: it did, and the guide of 2026 says no.
    default:
      return [];
  }
}

function retiringObstacles({ retiringPrincipal }: Grant): Obstacle[] {
  if (retiringPrincipal === undefined || retiringPrincipal.kind === 'servicePrincipal') {
    return [];
  }
  const { kind, shortName } = parsePrincipal(retiringPrincipal);
  if (!['unresolvedRole', 'unresolvedUser', 'awsInternal', 'awsServiceSession', 'ec2Instance'].includes(kind)) {
    return [];
  }
  return [
    {
      isCertain: false,
      sentence: l10n.t(
        "The retiring principal {0} isn't the ARN of a principal. KMS will probably reject it.",
        shortName,
      ),
    },
  ];
}
