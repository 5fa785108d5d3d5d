import { keyArnInText } from '../kms/keyArn.ts';

/**
 * The forms of errors. Every repetition has an upper bound, so that each pattern takes a bounded number of steps a
 * character, whatever the text; a test holds them to it. They read text that {@link flatten} has made one line.
 */

/** Names that only KMS, or a service that speaks of KMS, gives an error. */
const ownNames = [
  'KMSInvalidState',
  'KMSInvalidSignature',
  'KMSInvalidMac',
  'KMSInternal',
  'KMSKeyNotAccessible',
  'InvalidCiphertext',
  'IncorrectKey',
  'IncorrectKeyMaterial',
  'InvalidKeyUsage',
  'InvalidGrantToken',
  'InvalidGrantId',
  'KeyUnavailable',
  'CustomerKeyHasBeenRevoked',
  'InvalidKMSResource',
  'InvalidKMSKey\\.InvalidState',
  'InvalidKmsKeyId',
  'InvalidKMSKey',
  'KMSOptInRequired',
  'InvalidImportToken',
  'ExpiredImportToken',
  // Without the ending, they are names of parameters.
  '(?:CloudHsmCluster|CustomKeyStore|XksKey|XksProxy)[A-Za-z]{4,40}(?=Exception)',
];
/** Names that other services use too. */
const sharedNames = [
  'AccessDenied',
  'NotFound',
  'Disabled',
  'InvalidState',
  'Throttling',
  'Throttled',
  'LimitExceeded',
  'DependencyTimeout',
  'InvalidArn',
  'InvalidAliasName',
  'UnsupportedOperation',
  'Validation',
  'MalformedPolicyDocument',
  'AlreadyExists(?=Exception)',
];
const ending = '(?:Exception|Fault)';
const codeOf = (prefix: string, names: readonly string[]) =>
  `(?<![A-Za-z])${prefix}(?:${names.join('|')})${ending}?(?![a-z])`;

/** What tools draw at the beginning of a line. */
const mark = '[ \\t]{0,64}(?:[│|╷╵┃▎>]|- \\|)[ \\t]{0,8}';

/** Pairs as an option of the AWS CLI has them, with values of these characters. */
const optionPairs = (character: string) => {
  const pair = `[\\w:/.@-]{1,384}=${character}{1,384}`;
  return `${pair}(?:,${pair}){0,7}`;
};

/** By what they find. All of them read a whole text, or a part of bounded length. */
export const patterns = {
  /** Colours, links and other commands to a terminal; colours also where a log has lost the sign before them. */
  terminalCommand:
    /(?![\t\r\n])\p{Cc}(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\p{Cc}]{0,512}\p{Cc}\\?|[@-Z\\-_])|\[\d{1,3}(?:;\d{1,3}){0,4}m/gu,
  /** At the beginning, behind the time that a log of CI has there; at the end, the other side of a box. */
  lineMark: new RegExp(`^(?:\\[?\\d{4}-\\d\\d-\\d\\dT[\\d:.]{8,18}Z\\]? )?${mark}| ?[│┃](?=\\r?$)`, 'gmu'),
  /** In JSON within a string, backslashes stand before quotes and line breaks, behind which the marks are. */
  escape: new RegExp(`\\\\{1,8}(?:u(?<unit>[0-9a-fA-F]{4})|(?<blank>[nrt](?:${mark})?)|(?=["'/\`]))`, 'g'),

  /** `AccessDeniedException`, `KMS.DisabledException`, `KMSAccessDenied`, `Client.InvalidKMSKey.InvalidState`. */
  ownCode: new RegExp(codeOf('(?:(?:Client|KMS|Kms)\\.)?', ownNames), 'g'),
  kmsCode: new RegExp(codeOf('(?:(?:KMS|Kms)(?:Key)?\\.?|EncryptionKey)', [...sharedNames, 'Unavailable']), 'g'),
  /** `InvalidVolume.NotFound` is another's. */
  sharedCode: new RegExp(`(?!(?<=\\.)[A-Za-z]{1,40}(?<!${ending})(?![A-Za-z]))${codeOf('', sharedNames)}`, 'g'),

  /** What says that a text is about KMS, where it has no name of an error that is only KMS's. */
  ofKms:
    /kms|key management|customer master key|\bInvalid (?:keyId|arn [a-z]{2,4}-)|\bGiven key ID\b|encryption[-_]credentials|\bwhen calling the (?:(?:Re)?Encrypt|Decrypt|GenerateDataKey[A-Za-z]{0,26}|(?:List|ListRetirable|Retire|Revoke)Grants?|(?:Get|Put)KeyPolicy|(?:Schedule|Cancel)KeyDeletion) operation\b/i,
  /** Calls of any service. */
  calls:
    /\bwhen calling the (?<operation>[A-Za-z]{3,50}) operation\b|\boperation error (?<service>[\w ]{2,40}): |\bcalling KMS /g,
  /** What Python and the AWS CLI write between the name of an error and what AWS said. */
  called: /^\)? when calling the (?<operation>[A-Za-z]{3,50}) operation(?: \([^()]{1,60}\))?: /,
  /** What AWS said, before the service. */
  unnamed: /(?<=[":] ?)[^":()]{8,300}(?=\(Service: (?:AWS)?KMS[,;] Status Code: \d{3}\b)/i,
  otherDenial: /not authorized to perform:? ?["'`]?(?!kms:)[a-z0-9-]{2,40}:/i,
  denied: /not authorized to perform/gi,
  /** AWS's sentence on an action of KMS, from there to the reason. */
  denial:
    /^not authorized to perform:? ?["'`]?kms:[\w*-]{1,80}["'`]?(?: on th(?:is|e) resource(?: associated with this ciphertext)?| on (?:the )?resources?: ?["'`]?(?:[^\s"'`<]|<(?!\/)){1,2048}["'`]?)?(?:[,.]? (?:because the resource does not exist in this Region|because no [\w -]{1,60} allows? the [\w:*-]{1,120} action|with an explicit deny(?: in (?:an?|the|one or more))? [\w -]{1,60}(?:polic(?:y|ies)|boundar(?:y|ies))(?:: ?arn:(?:[^\s"'`<]|<(?!\/)){1,2048})?))?/i,

  operations: [
    /\bwhen calling the (?<operation>[A-Za-z]{3,50}) operation\b/g,
    /\boperation error KMS: (?<operation>[A-Za-z]{3,50})\b/g,
    /\bTrentService\.(?<operation>[A-Za-z]{3,50})\b/g,
    /\bcalling KMS (?<operation>[A-Za-z]{3,50})\b/g,
    /\bError executing "(?<operation>[A-Za-z]{3,50})" on "https:\/\/kms[.-]/g,
    /\bkms:(?<operation>[A-Za-z]{3,50})\b/g,
  ],

  arn: keyArnInText,
  /** As SOPS writes it. */
  failedKey: new RegExp(`${keyArnInText.source}(?=: FAILED\\b)`, 'g'),
  keyIdNamed:
    /(?:\bkey[-_ ]?id|\bkms[-_ ]?key[-_ ]?id)["'`]?\s?[:= ]\s?["'`]?(?<id>(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b|alias\/[\w/-]{1,250})/gi,
  keyIdQuoted:
    /(?:\bKey|\bAlias|\bkeyId|\bkeys?|\b(?:key|alias) with (?:id|name)) ['"`]?(?<id>mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|alias\/[\w/-]{1,250})/g,

  host: /\bkms(?:-fips)?\.(?<region>[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2})\.(?:amazonaws|api)\b/g,
  regionNamed: /\b(?:aws[-_]?)?region["'`]?\s?[:= ]\s?["'`]?(?<region>[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2})\b/gi,

  /** Of Go's SDK, whose request ID stands before the error. */
  requestIdBefore:
    /\bStatusCode: ?\d{3}, RequestID: ?(?<id>[0-9A-Za-z-]{8,64}), ?(?:HostID: ?[\w+/=-]{0,200}, ?)?(?:api error )?(?:[\w.]{1,80}: ?)?$/,
  requestId:
    /\b(?:x-amzn?-)?(?:aws[-_ ]?)?request[-_ ]?id["'`]?\s?[:=>]\s?(?:Some\()?["'`]?(?<id>[0-9A-Za-z]{4,16}[0-9A-Za-z-]{4,60})/gi,

  contextStart: /\bencryption[-_ ]?context["'`]?\s?[:=]?\s?["'`]?(?:map)?(?=[{[])/gi,
  /** Quotes are around all of it, or nowhere. */
  contextOption: new RegExp(
    `--encryption-context[= ](?:(?<quote>["'])(?<quoted>${optionPairs('[^,"\']')})\\k<quote>|(?<plain>${optionPairs('[^\\s,"\']')}))(?!\\S)`,
    'g',
  ),
} as const;

/** `arn:aws:kms:…:key/… is disabled`, `the key … is disabled`. */
function stateMessage(state: string): RegExp {
  return new RegExp(`\\bkey(?:[/ ]\\S{1,300})? is ${state}\\b`, 'i');
}

/** What KMS and the services say of a key, by the kind of the error. The first that matches counts. */
export const messages = [
  ['pendingDeletion', stateMessage('pending (?:replica )?deletion')],
  ['pendingImport', stateMessage('pending import')],
  ['keyDisabled', stateMessage('disabled')],
  ['keyUnavailable', stateMessage('unavailable')],
  [
    'ciphertextKeyHidden',
    /\b(?:The )?ciphertext (?:refers to|references) a (?:customer master key|KMS key|key) that (?:either )?does not exist\b/i,
  ],
  // What else it may be is in the same sentence.
  [
    'keyInaccessible',
    /\bKMS key (?:\[?\S{1,300} )?does not exist(?:,| or) (?:or )?(?:(?:it )?is not (?:enabled|allowed|accessible)|you do not have)\b/i,
  ],
  ['invalidPrincipal', /\bARN does not refer to a valid principal\b/i],
  ['aliasNotFound', /\bAlias \S{1,2048} is not found\b/i],
  [
    'keyNotFound',
    /\bKey (?!that )['"`]?\S{1,2048} does not exist\b|\bspecified KMS Key Id could not be found\b|\bInvalid keyId ['"`]?[\w/:-]{1,300}/i,
  ],
  ['accessDenied', /\bAccess denied to KMS key\b/i],
  ['wrongRegion', /\bInvalid arn [a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}\b/i],
  ['incorrectKey', /\b(?:The )?key ID in the request does not identify\b/i],
  [
    'keyInaccessible',
    /\binaccessible (?:AWS )?KMS key\b|\bKMS key (?:\[?\S{1,300} )?is not accessible\b|\bunable to access the (?:AWS )?KMS (?:master )?key\b|\bKMS key provided is in an incorrect state\b|\bGiven key ID is not accessible\b|\binaccessible[-_]encryption[-_]credentials|\bcan['’]t (?:en|de)crypt the protected secret text\b/i,
  ],
] as const;

/** The kind of an error by its name, without `KMS` before and `Exception` behind it. */
export const kindsByName: ReadonlyMap<string, ErrorTextKind> = new Map([
  ['AccessDenied', 'accessDenied'],
  ['NotFound', 'keyNotFound'],
  ['Disabled', 'keyDisabled'],
  ['InvalidState', 'invalidState'],
  ['InvalidKMSKey.InvalidState', 'keyInaccessible'],
  ['NotAccessible', 'keyInaccessible'],
  ['CustomerKeyHasBeenRevoked', 'keyInaccessible'],
  ['InvalidKMSResource', 'keyInaccessible'],
  ['Unavailable', 'keyUnavailable'],
  ['InvalidCiphertext', 'invalidCiphertext'],
  ['IncorrectKey', 'incorrectKey'],
  ['InvalidKeyUsage', 'invalidKeyUsage'],
  ['InvalidGrantToken', 'invalidGrantToken'],
  ['Throttling', 'throttled'],
  ['Throttled', 'throttled'],
  ['LimitExceeded', 'limitExceeded'],
  ['DependencyTimeout', 'internal'],
  ['Internal', 'internal'],
]);

export type ErrorTextKind =
  | 'accessDenied'
  /** KMS doesn't say whether the key of the ciphertext exists, is in another Region, or may not be used. */
  | 'ciphertextKeyHidden'
  | 'keyDisabled'
  | 'pendingDeletion'
  | 'pendingImport'
  | 'keyUnavailable'
  /** A state of the key that the error doesn't name. */
  | 'invalidState'
  | 'keyNotFound'
  | 'aliasNotFound'
  | 'wrongRegion'
  /** A service could not use the key, and doesn't say why. */
  | 'keyInaccessible'
  | 'invalidCiphertext'
  | 'incorrectKey'
  | 'invalidKeyUsage'
  | 'invalidGrantToken'
  | 'grantNotFound'
  | 'invalidPrincipal'
  | 'throttled'
  | 'limitExceeded'
  | 'internal'
  | 'other';
