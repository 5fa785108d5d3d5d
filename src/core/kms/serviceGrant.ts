import * as l10n from '@vscode/l10n';
import { memoize } from '../base/memoize.ts';
import { printable } from '../base/text.ts';
import { serviceOfLabel, unknownService } from './awsServices.ts';
import type { Grant, PrincipalRef } from './model.ts';
import { parsePrincipal } from './principal.ts';

/** The AWS service that a grant belongs to: it made the grant for a resource of the account, and ends it itself. */
export interface ServiceGrant {
  /** Its name, such as `AWS Lambda`; `AWS` where no mark names it. Printable. */
  readonly service: string;
  /** What it uses the grant for, such as `function orders`, where a constraint names that. Printable. */
  readonly resource: string | undefined;
  /** The first of the grant's parts that shows it. */
  readonly mark: 'grantee' | 'retiringPrincipal' | 'issuer' | 'encryptionContext' | 'sourceArn';
}

type Parts = Pick<Grant, 'granteePrincipal' | 'constraints'> &
  Partial<Pick<Grant, 'retiringPrincipal' | 'issuingAccount'>>;

/**
 * The service whose grant this is; `undefined` for a grant of somebody in the account. One mark is enough, since a service
 * may act as a role of the account, or as a principal that KMS keeps to itself. A principal of the account whose grant is
 * bound to a service's encryption context counts too: a revoke can break the service's resource.
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

/** An ARN says most. A pair that names the account, as DynamoDB's `subscriberId`, is no resource. */
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

/** What AWS calls the resource, by the last part of a context's key: `table` of `aws:dynamodb:tableName`. */
function resourceTypeOf(key: string): string {
  const label = key.slice(key.lastIndexOf(':') + 1);
  return resourceTypes[key] ?? label.replace(/[-_]?(id|name|arn)$/i, '').toLowerCase();
}

/** Those that the key itself does not say. */
const resourceTypes: Readonly<Partial<Record<string, string>>> = {
  'aws:ebs:id': 'volume',
  'aws:rds:db-id': 'database',
  'aws:rds:dbc-id': 'database cluster',
};

/** For a row: `used by AWS Lambda for function orders`. */
export function usedByText({ service, resource }: ServiceGrant): string {
  return resource === undefined ? l10n.t('used by {0}', service) : l10n.t('used by {0} for {1}', service, resource);
}

/** For a row of what an AWS service has of its own. */
export function managedByText(service: string): string {
  return l10n.t('managed by {0}', service);
}

/** For a question: `AWS Lambda uses this grant for function orders.` */
export function usedBySentence({ service, resource }: ServiceGrant): string {
  return resource === undefined
    ? l10n.t('{0} uses this grant.', service)
    : l10n.t('{0} uses this grant for {1}.', service, resource);
}
