import * as l10n from '@vscode/l10n';

/** The kinds of policies that AWS names as the reason for a denial. */
type PolicyKind =
  | 'identity'
  | 'resource'
  | 'session'
  | 'boundary'
  | 'serviceControl'
  | 'resourceControl'
  | 'endpoint'
  | 'trust'
  | 'other';

/** Why AWS denied a call. If there are several reasons, AWS names one. */
export type DenialReason =
  /** No policy of this kind allows it. */
  | { readonly kind: 'notAllowed'; readonly policy: PolicyKind }
  /** A policy of this kind denies it, whatever others allow. Its ARN, where AWS names it. */
  | { readonly kind: 'denied'; readonly policy: PolicyKind; readonly policyArn: string | undefined }
  /** Of another account's ARN: there is no such resource in the Region, or its policy does not let the caller in. */
  | { readonly kind: 'notShared' }
  | { readonly kind: 'notGiven' };

/** AWS's sentence on a denial, in parts. */
export interface AccessDenial {
  readonly principal: string | undefined;
  /** Such as `kms:ListGrants`. */
  readonly action: string;
  readonly resource: string | undefined;
  readonly reason: DenialReason;
}

const policyKinds: readonly (readonly [RegExp, PolicyKind])[] = [
  [/identity[- ]based/i, 'identity'],
  [/trust polic/i, 'trust'],
  [/resource control/i, 'resourceControl'],
  [/resource[- ]based/i, 'resource'],
  [/session polic/i, 'session'],
  [/permissions? boundar/i, 'boundary'],
  [/service control/i, 'serviceControl'],
  [/endpoint polic/i, 'endpoint'],
];

function policyKind(text: string): PolicyKind {
  return policyKinds.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}

/**
 * Reads AWS's sentence "User: P is not authorized to perform: ACTION on resource: R because …" (IAM User Guide,
 * "Access denied error messages"). White space may be line breaks, and each part may be in quotes.
 */
export function parseAccessDenied(message: string): AccessDenial | undefined {
  const [sentence = ''] = message.replace(/\s+/g, ' ').split(/[.,;]? Go to https?:/);
  const {
    principal,
    action,
    rest = '',
  } = /(?:User: ?(?<principal>.+?) is )?not authorized to perform:? ?["'`]?(?<action>[\w-]+:[\w*-]+)(?<rest>.*)$/i.exec(
    sentence,
  )?.groups ?? {};
  if (action === undefined) {
    return undefined;
  }
  const resource = / on (?:the )?resources?: ?(.+?)(?= because | with an explicit deny|$)/i.exec(rest)?.[1];
  return { principal: unquote(principal), action, resource: unquote(resource), reason: reasonOf(rest) };
}

function reasonOf(rest: string): DenialReason {
  if (/does not exist in this Region/i.test(rest)) {
    return { kind: 'notShared' };
  }
  const [, denied] = /with an explicit deny(.*)$/i.exec(rest) ?? [];
  if (denied !== undefined) {
    const [, policyArn] = /\b(arn:\S+)/.exec(denied) ?? [];
    return { kind: 'denied', policy: policyKind(denied.split(': ')[0] ?? ''), policyArn: unquote(policyArn) };
  }
  const [, missing] = /because no (.+?) allows?\b/i.exec(rest) ?? [];
  return missing === undefined ? { kind: 'notGiven' } : { kind: 'notAllowed', policy: policyKind(missing) };
}

/** Removes the quotes around it, and the full stop after it. */
function unquote(text: string | undefined): string | undefined {
  return text?.replace(/^["'`‘“]+|["'`’”.,;]+$/g, '') || undefined;
}

/** What was denied, to which principal, and why; one sentence. `fallback`: the resource, where AWS names none. */
export function denialSentence({ principal, action, resource, reason }: AccessDenial, fallback: string): string {
  const who = principal ?? l10n.t('the caller');
  const what = resource ?? fallback;
  switch (reason.kind) {
    case 'notAllowed':
      return l10n.t(
        'AWS denied {1} on {2}: no {3} allows it for {0}.',
        who,
        action,
        what,
        policyName(reason.policy, action),
      );
    case 'denied':
      return reason.policy === 'other' && reason.policyArn === undefined
        ? l10n.t('AWS denied {1} on {2} for {0} by an explicit Deny.', who, action, what)
        : l10n.t(
            'AWS denied {1} on {2} for {0} by an explicit Deny: {3}.',
            who,
            action,
            what,
            [policyName(reason.policy, action), reason.policyArn].filter((part) => part !== undefined).join(' '),
          );
    case 'notShared':
      return l10n.t(
        "AWS denied {1} for {0}: {2} doesn't exist in this Region, or isn't shared with this principal.",
        who,
        action,
        what,
      );
    case 'notGiven':
      return l10n.t('AWS denied {1} on {2} for {0}.', who, action, what);
  }
}

function policyName(policy: PolicyKind, action: string): string {
  switch (policy) {
    case 'identity':
      return l10n.t('IAM policy of the principal');
    case 'resource':
      return isOfKms(action) ? l10n.t('key policy') : l10n.t('policy of the resource');
    case 'session':
      return l10n.t('session policy');
    case 'boundary':
      return l10n.t('permissions boundary');
    case 'serviceControl':
      return l10n.t('service control policy (SCP)');
    case 'resourceControl':
      return l10n.t('resource control policy (RCP)');
    case 'endpoint':
      return l10n.t('VPC endpoint policy');
    case 'trust':
      return l10n.t('trust policy of the role');
    case 'other':
      return l10n.t('policy');
  }
}

/** What to do about the denial, by AWS's reason. */
export function denialAdvice({ action, reason }: AccessDenial): string {
  switch (reason.kind) {
    case 'notAllowed':
      return missingAdvice(reason.policy, action);
    case 'denied':
      return explicitAdvice(reason.policy);
    case 'notShared':
      return l10n.t(
        "Check the account, Region, and ID of the ARN. If they are correct, ask the key's account to allow it in the key policy.",
      );
    case 'notGiven':
      return isAssumeRole(action)
        ? trustAdvice()
        : l10n.t(
            'AWS gives no reason. An IAM policy, the policy of the resource, or a policy of the organization may lack or deny it.',
          );
  }
}

function missingAdvice(policy: PolicyKind, action: string): string {
  if (isAssumeRole(action) && (policy === 'resource' || policy === 'trust')) {
    return trustAdvice();
  }
  switch (policy) {
    case 'identity':
      return l10n.t('Ask for it in an IAM policy of that principal, or select a profile that has it.');
    case 'resource':
      if (action === 'kms:RetireGrant') {
        return l10n.t(
          "A key policy can't allow it. The issuing account or the key's account delegates it by an IAM policy.",
        );
      }
      return isOfKms(action)
        ? l10n.t("Ask for it in the key's policy, or select a profile that has it.")
        : l10n.t("Ask for it in the resource's policy, or select a profile that has it.");
    case 'session':
      return l10n.t(
        'The policy that came with the sign-in leaves it out. Sign in without that policy, or with another.',
      );
    case 'boundary':
      return l10n.t('Ask an administrator to add it to the permissions boundary of that principal.');
    case 'serviceControl':
    case 'resourceControl':
      return l10n.t('Ask the administrators of the AWS organization: their policies limit the account.');
    case 'endpoint':
      return l10n.t('Ask for it in the policy of the VPC endpoint, or connect without that endpoint.');
    case 'trust':
      return trustAdvice();
    case 'other':
      return l10n.t('Ask for the permission in the policy that AWS names in the log, or select another profile.');
  }
}

function explicitAdvice(policy: PolicyKind): string {
  switch (policy) {
    case 'serviceControl':
    case 'resourceControl':
      return l10n.t(
        'No other policy overrides it. Ask the administrators of the AWS organization, or select another profile.',
      );
    case 'session':
      return l10n.t('No other policy overrides it. Sign in without that session policy, or with another.');
    case 'endpoint':
      return l10n.t(
        'No other policy overrides it. Connect without that VPC endpoint, or ask for a change of its policy.',
      );
    default:
      return l10n.t('No other policy overrides it. Ask whoever manages that policy, or select another profile.');
  }
}

function trustAdvice(): string {
  return l10n.t(
    "Ask an administrator to add the caller to the role's trust policy. Check role_arn, external_id, and mfa_serial of the profile.",
  );
}

function isOfKms(action: string): boolean {
  return action.startsWith('kms:');
}

function isAssumeRole(action: string): boolean {
  return action.startsWith('sts:AssumeRole');
}
