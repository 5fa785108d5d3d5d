import * as l10n from '@vscode/l10n';
import { memoize } from '../base/memoize.ts';
import { printable } from '../base/text.ts';
import { serviceOfLabel, unknownService } from './awsServices.ts';
import type { Grant, PrincipalRef } from './model.ts';
import { parsePrincipal } from './principal.ts';

/** The AWS service that uses a grant. It created the grant for a resource of the account, and retires it itself. */
export interface ServiceGrant {
  /** Its display name, such as `AWS Lambda`, or `AWS` if it can't be identified. Printable. */
  readonly service: string;
  /** The resource that it uses the grant for, such as `function orders`, if a constraint names it. Printable. */
  readonly resource: string | undefined;
  /** The first part of the grant that identifies the service. */
  readonly mark: 'grantee' | 'retiringPrincipal' | 'issuer' | 'encryptionContext' | 'sourceArn';
}

type Parts = Pick<Grant, 'granteePrincipal' | 'constraints'> &
  Partial<Pick<Grant, 'retiringPrincipal' | 'issuingAccount'>>;

/**
 * The AWS service that uses this grant, or `undefined` if none does. One mark is enough, since a service may act as a
 * role of the account or as a principal that KMS hides. An encryption context of a service counts too, whoever the
 * grantee is, because a revoke can break the service's resource.
 */
export const serviceOfGrant: (grant: Parts) => ServiceGrant | undefined = memoize(read);

function read(grant: Parts): ServiceGrant | undefined {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints;
  const context = Object.entries({ ...encryptionContextSubset, ...encryptionContextEquals }).filter(([key]) =>
    /^aws:/i.test(key),
  );
  const [contextKey] = context.map(([key]) => key);
  const issuer: PrincipalRef | undefined =
    grant.issuingAccount === undefined ? undefined : { kind: 'principal', value: grant.issuingAccount };
  const marks: readonly (readonly [ServiceGrant['mark'], string | undefined])[] = [
    ['grantee', serviceOfPrincipal(grant.granteePrincipal)],
    ['retiringPrincipal', serviceOfPrincipal(grant.retiringPrincipal)],
    ['issuer', serviceOfPrincipal(issuer)],
    ['encryptionContext', contextKey === undefined ? undefined : serviceOfLabel(contextKey.split(':')[1] ?? '')],
    ['sourceArn', sourceArn === undefined ? undefined : serviceOfLabel(sourceArn.split(':')[2] ?? '')],
  ];
  const names = marks.flatMap(([, name]) => (name === undefined ? [] : [name]));
  const [mark] = marks.find(([, name]) => name !== undefined) ?? [];
  if (mark === undefined) {
    return undefined;
  }
  const resource = resourceOf(context, sourceArn) ?? instanceOf(grant.granteePrincipal);
  return {
    service: printable(names.find((name) => name !== unknownService) ?? unknownService, 128),
    resource: resource === undefined ? undefined : printable(resource, 128),
    mark,
  };
}

function serviceOfPrincipal(ref: PrincipalRef | undefined): string | undefined {
  return ref === undefined ? undefined : parsePrincipal(ref).managedBy;
}

function instanceOf(ref: PrincipalRef | undefined): string | undefined {
  const principal = ref === undefined ? undefined : parsePrincipal(ref);
  return principal?.kind === 'ec2Instance' ? `instance ${principal.shortName}` : undefined;
}

/** Prefers an ARN. Ignores pairs with an account ID as value, such as DynamoDB's `subscriberId`. */
function resourceOf(
  context: readonly (readonly [key: string, value: string])[],
  sourceArn: string | undefined,
): string | undefined {
  const pairs = context.filter(([, value]) => value !== '' && !/^\d{12}$/.test(value));
  const arn = pairs.map(([, value]) => value).find((value) => value.startsWith('arn:')) ?? sourceArn;
  if (arn !== undefined) {
    return resourceOfArn(arn);
  }
  const [pair] = pairs;
  if (pair === undefined) {
    return undefined;
  }
  const [key, value] = pair;
  const word = resourceTypeOf(key);
  return word === '' ? value : `${word} ${value}`;
}

/** `function orders` of `arn:aws:lambda:eu-west-1:111122223333:function:orders`. */
function resourceOfArn(arn: string): string {
  const [, , service, , , ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (service === 's3') {
    return resource.includes('/') ? resource : `bucket ${resource}`;
  }
  const { type, name } = /^(?<type>[a-z][\w-]*)[:/](?<name>.+)$/i.exec(resource)?.groups ?? {};
  return type === undefined || name === undefined ? resource || arn : `${type} ${name}`;
}

/** The resource type in the last part of an encryption context key: `table` in `aws:dynamodb:tableName`. */
function resourceTypeOf(key: string): string {
  const label = key.slice(key.lastIndexOf(':') + 1);
  return resourceTypes[key] ?? label.replace(/[-_]?(id|name|arn)$/i, '').toLowerCase();
}

/** The types that the key doesn't contain. */
const resourceTypes: Readonly<Partial<Record<string, string>>> = {
  'aws:ebs:id': 'volume',
  'aws:rds:db-id': 'database',
  'aws:rds:dbc-id': 'database cluster',
};

/** For a row: `used by AWS Lambda for function orders`. */
export function usedByText({ service, resource }: ServiceGrant): string {
  return resource === undefined ? l10n.t('used by {0}', service) : l10n.t('used by {0} for {1}', service, resource);
}

/** For a row: `managed by AWS Lambda`. */
export function managedByText(service: string): string {
  return l10n.t('managed by {0}', service);
}

/** For a confirmation: `AWS Lambda uses this grant for function orders.` */
export function usedBySentence({ service, resource }: ServiceGrant): string {
  return resource === undefined
    ? l10n.t('{0} uses this grant.', service)
    : l10n.t('{0} uses this grant for {1}.', service, resource);
}
