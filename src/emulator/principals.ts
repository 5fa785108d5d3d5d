/** The parts of `arn:partition:service:region:account:resource`; the resource keeps its own colons. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly accountId: string;
  readonly resource: string;
}

/** Undefined when the text does not have the six parts of an ARN. */
export function parseArn(text: string): Arn | undefined {
  const [prefix, partition, service, region, accountId, ...resource] = text.split(':');
  if (prefix !== 'arn' || !partition || !service || region === undefined || accountId === undefined) {
    return undefined;
  }
  return resource.length === 0 ? undefined : { partition, service, region, accountId, resource: resource.join(':') };
}

/**
 * Whether CreateGrant accepts this as a principal: an account, user, role, federated user or assumed role.
 * Names with a colon are reserved for AWS's own sessions, such as `aws:ec2-infrastructure`, and are refused.
 */
export function isGrantablePrincipal(text: string): boolean {
  const arn = parseArn(text);
  if (arn?.region !== '' || !/^\d{12}$/.test(arn.accountId)) {
    return false;
  }
  switch (arn.service) {
    case 'iam':
      return /^(root|(user|role)\/([\x21-\x7e]*\/)?[\w+=,.@-]+)$/.test(arn.resource);
    case 'sts':
      return /^(assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+)$/.test(arn.resource);
    default:
      return false;
  }
}

const serviceSuffixes: readonly string[] = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.amazonaws.eu',
  '.c2s.ic.gov',
  '.sc2s.sgov.gov',
  '.cloud.adc-e.uk',
  '.csp.hci.ic.gov',
];

/** The name of a service in any partition: `dynamodb.amazonaws.com`, `rds.eu-west-1.amazonaws.com`. */
export function isServicePrincipal(text: string): boolean {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(text) && serviceSuffixes.some((suffix) => text.endsWith(suffix));
}

/** Whether the principal of a grant is the caller, or the caller's role or account. */
export function actsAs(callerArn: string, principal: string): boolean {
  if (callerArn === principal) {
    return true;
  }
  const caller = parseArn(callerArn);
  const named = parseArn(principal);
  if (!caller || !named || caller.accountId !== named.accountId) {
    return false;
  }
  if (named.service === 'iam' && named.resource === 'root') {
    return true;
  }
  const [kind, roleName] = caller.resource.split('/');
  return kind === 'assumed-role' && named.resource.startsWith('role/') && named.resource.split('/').at(-1) === roleName;
}
