import type { ErrorText } from '../../../../src/core/errorText/errorText.ts';
import type { DenialReason } from '../../../../src/core/words/accessDenied.ts';

/** A text as a program prints it, of an invented account, and what is in it. */
export interface Example {
  readonly name: string;
  readonly text: string;
  /** Every field but `quote`; those that are left out are not found. */
  readonly found: Partial<Omit<ErrorText, 'quote'>> & Pick<ErrorText, 'kind'>;
}

export const account = '111122223333';
export const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const keyArn = `arn:aws:kms:eu-west-1:${account}:key/${keyId}`;
const aliasArn = `arn:aws:kms:eu-west-1:${account}:alias/orders`;
export const role = `arn:aws:sts::${account}:assumed-role/orders-app/i-0123456789abcdef0`;
const otherArn = `arn:aws:kms:us-east-1:${account}:key/aaaaaaaa-12ab-34cd-56ef-1234567890ab`;
const user = `arn:aws:iam::${account}:user/ana`;
const lambdaRole = `arn:aws:sts::${account}:assumed-role/orders-fn/orders`;
const request = '0a1b2c3d-4e5f-6789-abcd-ef0123456789';

const scp = `arn:aws:organizations::${account}:policy/o-a/service_control_policy/p-b`;

const noIdentity: DenialReason = { kind: 'notAllowed', policy: 'identity' };
const noResource: DenialReason = { kind: 'notAllowed', policy: 'resource' };
const place = { key: { kind: 'arn', arn: keyArn }, region: 'eu-west-1', account } as const;
const byAlias = { key: { kind: 'arn', arn: aliasArn }, region: 'eu-west-1', account } as const;

const sentence = (
  who: string,
  operation: string,
  tail = ` because no identity-based policy allows the kms:${operation} action`,
) => `User: ${who} is not authorized to perform: kms:${operation} on resource: ${keyArn}${tail}`;
const deniedDecrypt = {
  kind: 'accessDenied',
  action: 'kms:Decrypt',
  principal: role,
  reason: noIdentity,
  ...place,
} as const;
const hidden =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.';

/** As a terminal of 80 columns is copied. */
const fullLines = (text: string) => text.replace(/.{80}/g, '$&\n');

const event = {
  eventVersion: '1.11',
  userIdentity: { type: 'AssumedRole', principalId: 'AROAEXAMPLE:i-0', arn: role, accountId: account },
  eventTime: '2026-11-20T10:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Decrypt',
  awsRegion: 'eu-west-1',
  errorCode: 'AccessDenied',
  errorMessage: `${sentence(role, 'Decrypt')}`,
  requestParameters: null,
  responseElements: null,
  requestID: request,
  eventID: 'ffffffff-0000-4000-8000-000000000000',
  recipientAccountId: account,
};
const eventFound = { ...deniedDecrypt, code: 'AccessDenied', requestId: request } as const;

export const corpus: readonly Example[] = [
  // SDKs
  {
    name: 'JavaScript v3, thrown',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt')}\n    at throwDefaultError (/app/node_modules/x.js:1:1)\n  '$fault': 'client',\n  '$metadata': {\n    httpStatusCode: 400,\n    requestId: '${request}',\n    attempts: 1\n  },\n  __type: 'AccessDeniedException'\n}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'JavaScript v2, printed as an object',
    text: `{ [InvalidCiphertextException: null]\n  message: null,\n  code: 'InvalidCiphertextException',\n  requestId: '${request}',\n  statusCode: 400 }`,
    found: { kind: 'invalidCiphertext', code: 'InvalidCiphertextException', requestId: request },
  },
  {
    name: 'Python',
    text: `Traceback (most recent call last):\n  File "/app/main.py", line 12, in run\n    kms.decrypt(CiphertextBlob=blob, EncryptionContext={'tenant': 'a1', 'purpose': 'export'})\nbotocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the Decrypt operation: ${sentence(role, 'Decrypt')}`,
    found: {
      ...deniedDecrypt,
      code: 'AccessDeniedException',
      encryptionContext: { tenant: 'a1', purpose: 'export' },
    },
  },
  {
    name: 'Python, a ciphertext of an unknown key',
    text: `botocore.errorfactory.AccessDeniedException: An error occurred (AccessDeniedException) when calling the Decrypt operation: ${hidden}`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException', action: 'kms:Decrypt' },
  },
  {
    name: 'Python, a key that is not there',
    text: `kms.exceptions.NotFoundException: An error occurred (NotFoundException) when calling the Encrypt operation: Key '${keyArn}' does not exist`,
    found: { kind: 'keyNotFound', code: 'NotFoundException', action: 'kms:Encrypt', ...place },
  },
  {
    name: 'Python, an alias that is not there',
    text: `An error occurred (NotFoundException) when calling the GenerateDataKey operation: Alias ${aliasArn} is not found.`,
    found: { kind: 'aliasNotFound', code: 'NotFoundException', action: 'kms:GenerateDataKey', ...byAlias },
  },
  {
    name: 'Java v1',
    text: `com.amazonaws.services.kms.model.AWSKMSException: ${sentence(role, 'Decrypt')} (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${request}; Proxy: null)\n\tat com.amazonaws.http.AmazonHttpClient.run(AmazonHttpClient.java:1)`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'Java v2',
    text: `software.amazon.awssdk.services.kms.model.KmsException: ${sentence(role, 'Decrypt')} (Service: Kms, Status Code: 400, Request ID: ${request}, Extended Request ID: null) (SDK Attempt Count: 1)`,
    found: { ...deniedDecrypt, requestId: request },
  },
  {
    name: 'Java v1, the state of a key',
    text: `Caused by: com.amazonaws.services.kms.model.KMSInvalidStateException: ${keyArn} is pending deletion. (Service: AWSKMS; Status Code: 400; Error Code: KMSInvalidStateException; Request ID: ${request})`,
    found: { kind: 'pendingDeletion', code: 'KMSInvalidStateException', requestId: request, ...place },
  },
  {
    name: 'Java v1, an ARN in the wrong Region',
    text: `com.amazonaws.services.kms.model.NotFoundException: Invalid arn eu-west-1 (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException; Request ID: ${request}; Proxy: null)`,
    found: { kind: 'wrongRegion', code: 'NotFoundException', requestId: request },
  },
  {
    name: 'Java v2, a disabled key',
    text: `software.amazon.awssdk.services.kms.model.DisabledException: ${keyArn} is disabled. (Service: Kms, Status Code: 400, Request ID: ${request})`,
    found: { kind: 'keyDisabled', code: 'DisabledException', requestId: request, ...place },
  },
  {
    name: 'Go v1',
    text: `2026/11/20 10:00:00 decrypt: AccessDeniedException: ${sentence(role, 'Decrypt')}\n\tstatus code: 400, request id: ${request}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'Go v2',
    text: `operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${request}, api error AccessDeniedException: ${sentence(role, 'Decrypt')}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'Go v2, a ciphertext of an unknown key',
    text: `operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${request}, api error AccessDeniedException: ${hidden}`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException', action: 'kms:Decrypt', requestId: request },
  },
  {
    name: 'Go v2, IncorrectKeyException',
    text: `operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${request}, IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.`,
    found: { kind: 'incorrectKey', code: 'IncorrectKeyException', action: 'kms:Decrypt', requestId: request },
  },
  {
    name: 'Rust, debug form',
    text: `Error: ServiceError(ServiceError { source: Unhandled(Unhandled { source: ErrorMetadata { code: Some("AccessDeniedException"), message: Some("${sentence(role, 'Decrypt')}"), extras: Some({"aws_request_id": "${request}"}) }, meta: ErrorMetadata { code: None } }), raw: Response { status: StatusCode(400) } })`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'Rust, a disabled key',
    text: `service error: DisabledException: ${keyArn} is disabled. (aws_sdk_kms, aws_request_id: ${request})`,
    found: { kind: 'keyDisabled', code: 'DisabledException', requestId: request, ...place },
  },
  {
    name: '.NET',
    text: `Amazon.KeyManagementService.AmazonKeyManagementServiceException: ${sentence(role, 'Decrypt')}\r\n ---> Amazon.Runtime.Internal.HttpErrorResponseException: Exception of type was thrown.\r\n   at Amazon.Runtime.HttpWebRequestMessage.GetResponseAsync()`,
    found: deniedDecrypt,
  },
  {
    name: '.NET, in a JSON log',
    text: `{"Level":"Error","Exception":"Amazon.KeyManagementService.Model.NotFoundException: Key '${keyArn}' does not exist\\n ---> Amazon.Runtime.Internal.HttpErrorResponseException\\n   at Amazon.Runtime.X"}`,
    found: { kind: 'keyNotFound', code: 'NotFoundException', ...place },
  },
  {
    name: 'PHP',
    text: `Aws\\Kms\\Exception\\KmsException: Error executing "Decrypt" on "https://kms.eu-west-1.amazonaws.com"; AWS HTTP error: Client error: \`POST https://kms.eu-west-1.amazonaws.com\` resulted in a \`400 Bad Request\` response:\n{"__type":"AccessDeniedException","Message":"User: ${role} is not authorized to per (truncated...)\n AccessDeniedException (client): ${sentence(role, 'Decrypt')} - {"__type":"AccessDeniedException"}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException' },
  },
  {
    name: 'PHP, a Region from the host alone',
    text: `Error executing "Decrypt" on "https://kms.eu-west-1.amazonaws.com"; AWS HTTP error: InvalidCiphertextException (client):  - {"__type":"InvalidCiphertextException"}`,
    found: {
      kind: 'invalidCiphertext',
      code: 'InvalidCiphertextException',
      action: 'kms:Decrypt',
      region: 'eu-west-1',
    },
  },
  {
    name: 'Ruby',
    text: `Aws::KMS::Errors::AccessDeniedException: ${sentence(user, 'Encrypt')}\n\tfrom seahorse/client/plugins/raise_response_errors.rb:17`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:Encrypt',
      principal: user,
      reason: noIdentity,
      ...place,
    },
  },
  {
    name: 'C++, an enclave, escaped twice',
    text: `[DEBUG] {\\"__type\\":\\"AccessDeniedException\\",\\"Message\\":\\"User: ${role} is not authorized to perform: kms:Decrypt on resource: ${keyArn} with an explicit deny in a resource-based policy\\"}\\\\nCould not decrypt ciphertext\\\\n`,
    found: {
      ...deniedDecrypt,
      code: 'AccessDeniedException',
      reason: { kind: 'denied', policy: 'resource', policyArn: undefined },
    },
  },
  // The AWS CLI
  {
    name: 'AWS CLI',
    text: `$ aws kms decrypt --ciphertext-blob fileb://x --region eu-west-1 --encryption-context tenant=a1,purpose=export\n\nAn error occurred (AccessDeniedException) when calling the Decrypt operation: ${hidden}`,
    found: {
      kind: 'ciphertextKeyHidden',
      code: 'AccessDeniedException',
      action: 'kms:Decrypt',
      region: 'eu-west-1',
      encryptionContext: { tenant: 'a1', purpose: 'export' },
    },
  },
  {
    name: 'AWS CLI, a key ID',
    text: `aws kms describe-key --key-id ${keyId}\nAn error occurred (NotFoundException) when calling the DescribeKey operation: Invalid keyId '${keyId}'`,
    found: { kind: 'keyNotFound', code: 'NotFoundException', action: 'kms:DescribeKey', key: { kind: 'keyId', keyId } },
  },
  {
    name: 'AWS CLI, an alias that is no key',
    text: `An error occurred (NotFoundException) when calling the Encrypt operation: Invalid keyId alias/orders`,
    found: {
      kind: 'keyNotFound',
      code: 'NotFoundException',
      action: 'kms:Encrypt',
      key: { kind: 'alias', alias: 'alias/orders' },
    },
  },
  {
    name: 'AWS CLI, S3 cp',
    text: `upload failed: ./x.txt to s3://orders/x.txt An error occurred (AccessDenied) when calling the PutObject operation: ${sentence(user, 'GenerateDataKey', ` because no resource-based policy allows the kms:GenerateDataKey action`)}`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDenied',
      action: 'kms:GenerateDataKey',
      principal: user,
      reason: noResource,
      ...place,
    },
  },
  {
    name: 'AWS CLI, S3 and a key that is not there',
    text: `upload failed: ./x to s3://orders/x An error occurred (KMS.NotFoundException) when calling the PutObject operation: Invalid keyId ${keyId}`,
    found: { kind: 'keyNotFound', code: 'KMS.NotFoundException', key: { kind: 'keyId', keyId } },
  },
  {
    name: 'AWS CLI, S3 and a disabled key',
    text: `fatal error: An error occurred (KMS.DisabledException) when calling the GetObject operation: ${keyArn} is disabled.`,
    found: { kind: 'keyDisabled', code: 'KMS.DisabledException', ...place },
  },
  {
    name: 'AWS CLI, an older denial without a reason',
    text: `An error occurred (AccessDeniedException) when calling the CreateGrant operation: User: ${user} is not authorized to perform: kms:CreateGrant on resource: ${keyArn}`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:CreateGrant',
      principal: user,
      reason: { kind: 'notGiven' },
      ...place,
    },
  },
  {
    name: 'AWS CLI, throttled',
    text: 'An error occurred (ThrottlingException) when calling the ListGrants operation (reached max retries: 2): You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    found: { kind: 'throttled', code: 'ThrottlingException', action: 'kms:ListGrants' },
  },
  {
    name: 'AWS CLI, too many grants',
    text: `An error occurred (LimitExceededException) when calling the CreateGrant operation: Cannot create grant on KMS key ${keyArn}: too many grants.`,
    found: { kind: 'limitExceeded', code: 'LimitExceededException', action: 'kms:CreateGrant', ...place },
  },
  {
    name: 'AWS CLI, a principal that does not exist',
    text: `An error occurred (InvalidArnException) when calling the CreateGrant operation: ARN does not refer to a valid principal: arn:aws:iam::${account}:role/gone (kms)`,
    found: { kind: 'invalidPrincipal', code: 'InvalidArnException', action: 'kms:CreateGrant' },
  },
  {
    name: 'AWS CLI, a grant token',
    text: 'An error occurred (InvalidGrantTokenException) when calling the Decrypt operation: The grant token is not valid.',
    found: { kind: 'invalidGrantToken', code: 'InvalidGrantTokenException', action: 'kms:Decrypt' },
  },
  {
    name: 'AWS CLI, the usage of a key',
    text: `An error occurred (InvalidKeyUsageException) when calling the Encrypt operation: ${keyArn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    found: { kind: 'invalidKeyUsage', code: 'InvalidKeyUsageException', action: 'kms:Encrypt', ...place },
  },
  {
    name: 'AWS CLI, a key without its material',
    text: `An error occurred (KMSInvalidStateException) when calling the Decrypt operation: ${keyArn} is pending import.`,
    found: { kind: 'pendingImport', code: 'KMSInvalidStateException', action: 'kms:Decrypt', ...place },
  },
  {
    name: 'AWS CLI, a key store that is not connected',
    text: `An error occurred (KMSInvalidStateException) when calling the Encrypt operation: ${keyArn} is unavailable.`,
    found: { kind: 'keyUnavailable', code: 'KMSInvalidStateException', action: 'kms:Encrypt', ...place },
  },
  // Reasons
  {
    name: 'a service control policy',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ` with an explicit deny in a service control policy: arn:aws:organizations::${account}:policy/o-abc1234567/service_control_policy/p-0123abcd. Go to https://example.invalid/x for complete details`)}`,
    found: {
      ...deniedDecrypt,
      code: 'AccessDeniedException',
      reason: {
        kind: 'denied',
        policy: 'serviceControl',
        policyArn: `arn:aws:organizations::${account}:policy/o-abc1234567/service_control_policy/p-0123abcd`,
      },
    },
  },
  {
    name: 'a resource control policy',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ' with an explicit deny in a resource control policy')}`,
    found: {
      ...deniedDecrypt,
      code: 'AccessDeniedException',
      reason: { kind: 'denied', policy: 'resourceControl', policyArn: undefined },
    },
  },
  {
    name: 'a permissions boundary',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ' because no permissions boundary allows the kms:Decrypt action')}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', reason: { kind: 'notAllowed', policy: 'boundary' } },
  },
  {
    name: 'a session policy',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ' because no session policy allows the kms:Decrypt action')}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', reason: { kind: 'notAllowed', policy: 'session' } },
  },
  {
    name: 'a VPC endpoint policy',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ' because no VPC endpoint policy allows the kms:Decrypt action')}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', reason: { kind: 'notAllowed', policy: 'endpoint' } },
  },
  {
    name: 'an explicit deny in an identity-based policy',
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ' with an explicit deny in an identity-based policy')}`,
    found: {
      ...deniedDecrypt,
      code: 'AccessDeniedException',
      reason: { kind: 'denied', policy: 'identity', policyArn: undefined },
    },
  },
  {
    name: "another account's key",
    text: `AccessDeniedException: ${sentence(role, 'Decrypt', ' because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access')}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', reason: { kind: 'notShared' } },
  },
  // Infrastructure as code
  {
    name: 'Terraform',
    text: `╷\n│ Error: creating KMS Grant (${keyId}): operation error KMS: CreateGrant, https response error StatusCode: 400, RequestID: ${request}, api error AccessDeniedException: User: ${user} is not authorized to perform: kms:CreateGrant on resource: ${keyArn} because no resource-based policy allows the kms:CreateGrant action\n│ \n│   with aws_kms_grant.orders,\n│   on main.tf line 3, in resource "aws_kms_grant" "orders":\n╵`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:CreateGrant',
      principal: user,
      reason: noResource,
      requestId: request,
      ...place,
    },
  },
  {
    name: 'Terraform, coloured',
    text: `\u001b[31m│\u001b[0m \u001b[0m\u001b[1m\u001b[31mError: \u001b[0m\u001b[1mreading KMS Key (${keyArn}): operation error KMS: DescribeKey, https response error StatusCode: 400, RequestID: ${request}, NotFoundException: Key '${keyArn}' does not exist\u001b[0m`,
    found: { kind: 'keyNotFound', code: 'NotFoundException', action: 'kms:DescribeKey', requestId: request, ...place },
  },
  {
    name: 'Terraform, a key that is to be deleted',
    text: `Error: error scheduling deletion for KMS Key (${keyId}): KMSInvalidStateException: ${keyArn} is pending deletion.`,
    found: { kind: 'pendingDeletion', code: 'KMSInvalidStateException', ...place },
  },
  {
    name: 'Terraform, no key in the request',
    text: `Error: creating KMS Key: operation error KMS: CreateKey, https response error StatusCode: 400, RequestID: ${request}, api error AccessDeniedException: User: ${user} is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:CreateKey',
      principal: user,
      reason: noIdentity,
      requestId: request,
    },
  },
  {
    name: 'CloudFormation',
    text: `Resource handler returned message: "${sentence(user, 'CreateGrant', '')} (Service: Kms, Status Code: 400, Request ID: ${request}) (SDK Attempt Count: 1)" (RequestToken: 9f9f9f9f-0000-4000-8000-000000000000, HandlerErrorCode: AccessDenied)`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDenied',
      action: 'kms:CreateGrant',
      principal: user,
      reason: { kind: 'notGiven' },
      requestId: request,
      ...place,
    },
  },
  {
    name: 'CloudFormation, an error without its name',
    text: `Resource handler returned message: "The new key policy will not allow you to update the key policy in the future. (Service: Kms, Status Code: 400, Request ID: ${request}) (SDK Attempt Count: 1)" (RequestToken: 9f9f9f9f-0000-4000-8000-000000000000, HandlerErrorCode: InvalidRequest)`,
    found: { kind: 'other', requestId: request },
  },
  {
    name: 'Pulumi',
    text: `  aws:kms:Grant (orders):\n    error:   sdk-v2/provider2.go:572: sdk.helper_schema: creating KMS Grant: operation error KMS: CreateGrant, https response error StatusCode: 400, RequestID: ${request}, KMSInvalidStateException: ${keyArn} is pending deletion.: provider=aws@7.0.0`,
    found: {
      kind: 'pendingDeletion',
      code: 'KMSInvalidStateException',
      action: 'kms:CreateGrant',
      requestId: request,
      ...place,
    },
  },
  // Services that use keys
  {
    name: 'Lambda, its variables',
    text: `Calling the invoke API action failed with this message: Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings. KMS Exception: AccessDeniedExceptionKMS Message: ${sentence(lambdaRole, 'Decrypt')} (Service: Kms, Status Code: 400, Request ID: ${request})`,
    found: {
      ...deniedDecrypt,
      principal: lambdaRole,
      code: 'AccessDeniedException',
      requestId: request,
    },
  },
  {
    name: 'Lambda, a recreated role',
    text: `{"cause":"Lambda was unable to decrypt the environment variables because KMS access was denied. KMS Exception: AccessDeniedExceptionKMS Message: ${hidden}","error":"Lambda.KMSAccessDeniedException"}`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException' },
  },
  {
    name: 'SNS',
    text: `[ERROR] KMSAccessDeniedException: An error occurred (KMSAccessDenied) when calling the Publish operation: ${sentence(lambdaRole, 'GenerateDataKey')} (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${request}; Proxy: null)`,
    found: {
      kind: 'accessDenied',
      code: 'KMSAccessDenied',
      action: 'kms:GenerateDataKey',
      principal: lambdaRole,
      reason: noIdentity,
      requestId: request,
      ...place,
    },
  },
  {
    name: 'SQS, a disabled key',
    text: `An error occurred (KMS.DisabledException) when calling the SendMessage operation: ${keyArn} is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: ${request}; Proxy: null)`,
    found: { kind: 'keyDisabled', code: 'KMS.DisabledException', requestId: request, ...place },
  },
  {
    name: 'S3, XML',
    text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${sentence(user, 'Decrypt', ' because no resource-based policy allows the kms:Decrypt action')}</Message><RequestId>ABCDEF0123456789</RequestId></Error>`,
    found: {
      ...deniedDecrypt,
      principal: user,
      code: 'AccessDenied',
      reason: noResource,
      requestId: 'ABCDEF0123456789',
    },
  },
  {
    name: 'S3, through Hadoop',
    text: `java.nio.file.AccessDeniedException: s3a://orders/x: getFileStatus: com.amazonaws.services.s3.model.AmazonS3Exception: ${sentence(role, 'Decrypt')} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: ABCDEF0123456789; S3 Extended Request ID: abc/def=; Proxy: null)`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: 'ABCDEF0123456789' },
  },
  {
    name: 'EC2, an instance that does not start',
    text: 'Instance stopped. State transition reason: Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state',
    found: { kind: 'keyInaccessible', code: 'Client.InvalidKMSKey.InvalidState' },
  },
  {
    name: 'EC2, a volume that is not attached',
    text: 'An error occurred (CustomerKeyHasBeenRevoked) when calling the AttachVolume operation: Volume vol-0123456789abcdef0 cannot be attached. The encrypted volume was unable to access the KMS master key.',
    found: { kind: 'keyInaccessible', code: 'CustomerKeyHasBeenRevoked' },
  },
  {
    name: 'Auto Scaling',
    text: 'Launching a new EC2 instance failed. Cause: One or more of the attached Amazon EBS volumes are encrypted with an inaccessible AWS KMS key.',
    found: { kind: 'keyInaccessible' },
  },
  {
    name: 'EBS CSI driver',
    text: `  Warning  ProvisioningFailed  3m (x9 over 11m)  ebs.csi.aws.com_ebs-csi-controller-0  failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-0": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, RequestID: ${request}, api error UnauthorizedOperation: User: ${role} is not authorized to perform: kms:GenerateDataKeyWithoutPlaintext on resource: ${keyArn} because no identity-based policy allows the kms:GenerateDataKeyWithoutPlaintext action`,
    found: {
      kind: 'accessDenied',
      action: 'kms:GenerateDataKeyWithoutPlaintext',
      principal: role,
      reason: noIdentity,
      requestId: request,
      ...place,
    },
  },
  {
    name: 'kubelet, a secret',
    text: `E1120 10:00:00.000000    4242 plugin.go:77] "Failed to decrypt" err="rpc error: code = Unknown desc = failed to decrypt operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${request}, KMSInvalidStateException: ${keyArn} is pending deletion."`,
    found: {
      kind: 'pendingDeletion',
      code: 'KMSInvalidStateException',
      action: 'kms:Decrypt',
      requestId: request,
      ...place,
    },
  },
  {
    name: 'Firehose',
    text: 'InvalidKMSResourceException: The grant for the CMK to this delivery stream might have been revoked or the caller might not have sufficient permissions for the CMK.',
    found: { kind: 'keyInaccessible', code: 'InvalidKMSResourceException' },
  },
  {
    name: 'RDS',
    text: 'An error occurred (KMSKeyNotAccessibleFault) when calling the CreateDBInstance operation: The specified KMS key does not exist, is not enabled or you do not have permissions to access it.',
    found: { kind: 'keyInaccessible', code: 'KMSKeyNotAccessibleFault' },
  },
  {
    name: 'Session Manager',
    text: `----------ERROR-------\nEncountered error while initiating handshake. KMSEncryption failed on client with status 2 error: Failed to process action KMSEncryption: Error calling KMS GenerateDataKey API: AccessDeniedException: ${sentence(role, 'GenerateDataKey', ' because no resource-based policy allows the kms:GenerateDataKey action')}\n\tstatus code: 400, request id: ${request}`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:GenerateDataKey',
      principal: role,
      reason: noResource,
      requestId: request,
      ...place,
    },
  },
  // Programs that wrap lines
  {
    name: 'sops, in a box',
    text: `Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  ${keyArn}: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation\n      | error KMS: Decrypt, https response error StatusCode: 400,\n      | RequestID: ${request}, api error\n      | AccessDeniedException: The ciphertext refers to a customer\n      | master key that does not exist, does not exist in this\n      | region, or you are not allowed to access.\n`,
    found: {
      kind: 'ciphertextKeyHidden',
      code: 'AccessDeniedException',
      action: 'kms:Decrypt',
      requestId: request,
      ...place,
    },
  },
  {
    name: 'a program that wraps between words',
    text: `✘ upload x.yml to bucket orders: AccessDenied: \nUser: ${user} is not authorized to perform: kms:GenerateDataKey on\nresource: ${keyArn} because no identity-based \npolicy allows the kms:GenerateDataKey action`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDenied',
      action: 'kms:GenerateDataKey',
      principal: user,
      reason: noIdentity,
      ...place,
    },
  },
  {
    name: 'a terminal that wraps within words',
    text: (`AccessDeniedException: ${sentence(role, 'Decrypt')}`.match(/.{1,47}/g) ?? []).join('\n'),
    found: { ...deniedDecrypt, code: 'AccessDeniedException' },
  },
  {
    name: 'a log of CI, of a program that draws boxes and colours',
    text: [
      'Error: creating grant',
      '',
      `AccessDeniedException: User: ${role} is not authorized to`,
      'perform: kms:Decrypt on resource:',
      keyArn,
      'because no identity-based policy allows the kms:Decrypt action',
    ]
      .map((line) => `2026-11-20T10:00:00.1234567Z [31m│[0m [0m${line}`)
      .join('\n'),
    found: { ...deniedDecrypt, code: 'AccessDeniedException' },
  },
  {
    name: 'a log of several calls: Region and encryption context are those of the last one before the error',
    text: `Decrypting in region eu-central-1, EncryptionContext={'tenant': 'a1'}: ok\nDecrypting in region us-east-1, EncryptionContext={'tenant': 'b2'}\nAn error occurred (InvalidCiphertextException) when calling the Decrypt operation: `,
    found: {
      kind: 'invalidCiphertext',
      code: 'InvalidCiphertextException',
      action: 'kms:Decrypt',
      region: 'us-east-1',
      encryptionContext: { tenant: 'b2' },
    },
  },
  ...(
    [
      [`'{"tenant":"a1"}'`, { tenant: 'a1' }],
      ['"{\\"tenant\\":\\"a1\\"}"', { tenant: 'a1' }],
      ['"tenant=a1,team=Human Resources"', { tenant: 'a1', team: 'Human Resources' }],
      ['tenant="a 1"', undefined],
      ['"tenant=a1', undefined],
      ['a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1', undefined],
      // `tenant:id`, or `tenant`.
      ['{tenant:id=42}', undefined],
    ] as const
  ).map(([option, encryptionContext]) => ({
    name: `AWS CLI, --encryption-context ${option}: as a whole, or not at all`,
    text: `$ aws kms decrypt --encryption-context ${option} --output text\nAn error occurred (InvalidCiphertextException) when calling the Decrypt operation: `,
    found: {
      kind: 'invalidCiphertext' as const,
      code: 'InvalidCiphertextException',
      action: 'kms:Decrypt',
      encryptionContext,
    },
  })),
  {
    name: 'JSON, a policy that denies',
    text: JSON.stringify({
      Message: sentence(role, 'Decrypt', ` with an explicit deny in a service control policy: ${scp}`),
      Code: 'AccessDenied',
    }),
    found: {
      ...deniedDecrypt,
      code: 'AccessDenied',
      reason: { kind: 'denied', policy: 'serviceControl', policyArn: scp },
    },
  },
  // Names that are hidden, other partitions, other forms of names
  {
    name: 'masked accounts',
    text: `AccessDeniedException: User: arn:aws:sts::xxxxxxxxxxxx:assumed-role/app/s is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-central-1:xxxxxxxxxxxx:key/${keyId} because no resource-based policy allows the kms:Decrypt action`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:Decrypt',
      principal: 'arn:aws:sts::xxxxxxxxxxxx:assumed-role/app/s',
      key: { kind: 'keyId', keyId },
      region: 'eu-central-1',
      reason: noResource,
    },
  },
  {
    name: 'China, a multi-Region key',
    text: `An error occurred (AccessDeniedException) when calling the Decrypt operation: User: arn:aws-cn:iam::${account}:user/li is not authorized to perform: kms:Decrypt on resource: arn:aws-cn:kms:cn-north-1:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab because no identity-based policy allows the kms:Decrypt action`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:Decrypt',
      principal: `arn:aws-cn:iam::${account}:user/li`,
      key: { kind: 'arn', arn: `arn:aws-cn:kms:cn-north-1:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab` },
      region: 'cn-north-1',
      account,
      reason: noIdentity,
    },
  },
  {
    name: 'GovCloud, an alias',
    text: `An error occurred (NotFoundException) when calling the Encrypt operation: Alias arn:aws-us-gov:kms:us-gov-west-1:${account}:alias/orders is not found.`,
    found: {
      kind: 'aliasNotFound',
      code: 'NotFoundException',
      action: 'kms:Encrypt',
      key: { kind: 'arn', arn: `arn:aws-us-gov:kms:us-gov-west-1:${account}:alias/orders` },
      region: 'us-gov-west-1',
      account,
    },
  },
  {
    name: 'a log in which other errors come before',
    text: `10:00:00 WARN  AccessDeniedException: User: ${user} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::orders/x because no identity-based policy allows the s3:GetObject action\n10:00:01 INFO  RequestId: 99999999-0000-4000-8000-000000000000 retrying\n10:00:02 ERROR AccessDeniedException: ${sentence(role, 'Decrypt')}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException' },
  },
  // CloudTrail
  { name: 'a CloudTrail event', text: JSON.stringify(event, undefined, 2), found: eventFound },
  {
    name: 'a CloudTrail event on one line of a log',
    text: `10:00:00 event: ${JSON.stringify(event)}`,
    found: eventFound,
  },
  {
    name: 'a file of CloudTrail',
    text: JSON.stringify({ Records: [{ ...event, errorCode: undefined }, event] }),
    found: eventFound,
  },
  {
    name: 'LookupEvents',
    text: JSON.stringify({ Events: [{ EventName: 'Decrypt', CloudTrailEvent: JSON.stringify(event) }] }),
    found: eventFound,
  },
  {
    name: 'a CloudTrail event of a ciphertext that does not fit its context',
    text: JSON.stringify({
      ...event,
      errorCode: 'InvalidCiphertextException',
      errorMessage: undefined,
      requestParameters: {
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        keyId: keyArn,
        encryptionContext: { 'aws:ebs:id': 'vol-0123456789abcdef0' },
      },
      resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: keyArn }],
    }),
    found: {
      kind: 'invalidCiphertext',
      code: 'InvalidCiphertextException',
      action: 'kms:Decrypt',
      principal: role,
      requestId: request,
      encryptionContext: { 'aws:ebs:id': 'vol-0123456789abcdef0' },
      ...place,
    },
  },
  {
    name: 'a CloudTrail event of a bare key ID',
    text: JSON.stringify({
      ...event,
      eventName: 'GenerateDataKey',
      errorCode: 'DisabledException',
      errorMessage: `${keyArn} is disabled.`,
      requestParameters: { keyId, keySpec: 'AES_256' },
    }),
    found: {
      kind: 'keyDisabled',
      code: 'DisabledException',
      action: 'kms:GenerateDataKey',
      principal: role,
      requestId: request,
      ...place,
    },
  },
  {
    name: 'a CloudTrail event of a session of EC2',
    text: JSON.stringify({
      ...event,
      userIdentity: {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
      },
      errorMessage: `User: arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0 is not authorized to perform: kms:Decrypt on resource: ${keyArn} with an explicit deny in a resource-based policy`,
    }),
    found: {
      ...eventFound,
      principal: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
      reason: { kind: 'denied', policy: 'resource', policyArn: undefined },
    },
  },
  {
    name: 'a CloudTrail event that is cut off',
    text: JSON.stringify(event, undefined, 2).slice(0, -40),
    found: eventFound,
  },
  {
    name: 'RDS, which names the key it could not use',
    text: `An error occurred (KMSKeyNotAccessibleFault) when calling the RestoreDBInstanceFromDBSnapshot operation: The specified KMS key [${keyArn}] does not exist, is not enabled or you do not have permissions to access it.`,
    found: { kind: 'keyInaccessible', code: 'KMSKeyNotAccessibleFault', ...place },
  },
  {
    name: 'CloudWatch Logs, whose key is not allowed',
    text: "An error occurred (InvalidParameterException) when calling the CreateLogGroup operation: The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:eu-west-1:111122223333:log-group:/orders'",
    found: { kind: 'keyInaccessible' },
  },
  {
    name: 'AWS Backup',
    text: `Your backup job failed: the KMS key ${keyArn} is not accessible or does not exist`,
    found: { kind: 'keyInaccessible', ...place },
  },
  {
    name: 'the XML of a service, without spaces',
    text: `<Error><Code>KMS.DisabledException</Code><Message>${keyArn} is disabled.</Message><RequestId>${request}</RequestId></Error>`,
    found: { kind: 'keyDisabled', code: 'KMS.DisabledException', requestId: request, ...place },
  },
  {
    name: 'PowerShell',
    text: `Invoke-KMSDecrypt : ${sentence(role, 'Decrypt')}\nAt line:1 char:1\n+ Invoke-KMSDecrypt -CiphertextBlob $blob\n+ ~~~~~~~~~~~~~~~~~\n    + CategoryInfo          : InvalidOperation: (Amazon.PowerShe...SDecryptCmdlet) [Invoke-KMSDecrypt]`,
    found: deniedDecrypt,
  },
  {
    name: 'Kotlin',
    text: `aws.sdk.kotlin.services.kms.model.KmsException: ${sentence(role, 'Decrypt')}, Request ID: ${request}`,
    found: { ...deniedDecrypt, requestId: request },
  },
  {
    name: 'SOPS, which wraps and marks its lines',
    text: `Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  ${keyArn}: FAILED\n    - | Error decrypting key: AccessDeniedException: User: ${role}\n      | is not authorized to perform: kms:Decrypt on resource: ${keyArn}\n      | because no identity-based policy allows the kms:Decrypt action\n      | \tstatus code: 400, request id: ${request}`,
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'the European Sovereign Cloud, a multi-Region key',
    text: `An error occurred (AccessDeniedException) when calling the Sign operation: User: arn:aws-eusc:iam::${account}:user/ci is not authorized to perform: kms:Sign on resource: arn:aws-eusc:kms:eusc-de-east-1:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab because no identity-based policy allows the kms:Sign action`,
    found: {
      kind: 'accessDenied',
      code: 'AccessDeniedException',
      action: 'kms:Sign',
      principal: `arn:aws-eusc:iam::${account}:user/ci`,
      key: { kind: 'arn', arn: `arn:aws-eusc:kms:eusc-de-east-1:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab` },
      region: 'eusc-de-east-1',
      account,
      reason: noIdentity,
    },
  },
  ...[61, 80, 100, 132].map((columns) => ({
    name: `a terminal of ${columns} columns, whose every line is full`,
    text: `An error occurred (AccessDeniedException) when calling the GenerateDataKeyWithoutPlaintext operation: ${sentence(role, 'GenerateDataKeyWithoutPlaintext')}`.replace(
      new RegExp(`.{${columns}}`, 'g'),
      '$&\n',
    ),
    found: { ...deniedDecrypt, action: 'kms:GenerateDataKeyWithoutPlaintext', code: 'AccessDeniedException' },
  })),
  {
    name: 'a terminal of 80 columns that breaks the sentence of a ciphertext, whose name is that of a denial',
    text: fullLines(`An error occurred (AccessDenied) when calling the GetObject operation: ${hidden}`),
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDenied' },
  },
  {
    name: 'a terminal of 80 columns that breaks the sentence before what is like that of a missing key',
    text: fullLines(
      `An error occurred (AccessDeniedException) when calling the CreateTable operation: KMS key access denied error: ${hidden}`,
    ),
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException' },
  },
  {
    name: 'a terminal of 80 columns that breaks the sentence of a principal and a request ID',
    text: fullLines(
      `InvalidParameterValueException: Lambda was unable to configure access, KMS Exception: InvalidArnException KMS Message: ARN does not refer to a valid principal (Service: Lambda, Status Code: 400, Request ID: ${request})`,
    ),
    found: { kind: 'invalidPrincipal', code: 'InvalidArnException', requestId: request },
  },
  {
    name: 'a terminal that wraps between words, where the denial gives no reason',
    text: `aws: [ERROR]: An error occurred (AccessDeniedException) when calling the Decrypt\noperation: ${hidden.slice(0, 66)}\n${hidden.slice(67)}`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException', action: 'kms:Decrypt' },
  },
  {
    name: 'sops, in a box, in the JSON of a controller',
    text: JSON.stringify({
      level: 'error',
      error: `Group 0: FAILED\n  ${keyArn}: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation\n      | error KMS: Decrypt, https response error StatusCode: 400,\n      | RequestID: ${request}, api error\n      | AccessDeniedException: User: ${role}\n      | is not authorized to perform: kms:Decrypt on resource:\n      | ${keyArn}\n      | because no identity-based policy allows the kms:Decrypt\n      | action`,
    }),
    found: { ...deniedDecrypt, code: 'AccessDeniedException', requestId: request },
  },
  {
    name: 'sops, two keys',
    text: `Group 0: FAILED\n  ${keyArn}: FAILED\n    - | failed to decrypt sops data key with AWS KMS: operation\n      | error KMS: Decrypt, api error\n      | AccessDeniedException: ${hidden}\n\n  ${otherArn}: FAILED\n    - | x`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException', action: 'kms:Decrypt', ...place },
  },
  {
    name: 'a log that names one key, Region, and encryption context before an error and others behind it: none of them',
    text: `using ${keyArn}, EncryptionContext={'tenant': 'a1'}\nInvalidCiphertextException: null\nnow ${otherArn}, EncryptionContext={'tenant': 'b2'}`,
    found: { kind: 'invalidCiphertext', code: 'InvalidCiphertextException' },
  },
  {
    name: 'a log with one Region before an error and another one behind it',
    text: `region=eu-west-1\nAn error occurred (AccessDeniedException) when calling the Decrypt operation: ${hidden}\nregion=us-east-1`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDeniedException', action: 'kms:Decrypt' },
  },
  {
    name: 'a key by its ID before an error, and by its ARN behind it',
    text: `key id: ${keyId}\nInvalidCiphertextException: null\n${keyArn}`,
    found: { kind: 'invalidCiphertext', code: 'InvalidCiphertextException', ...place },
  },
  {
    name: 'S3, whose use of the key is not that of another call',
    text: `kms:Encrypt worked\nAn error occurred (AccessDenied) when calling the GetObject operation: ${hidden}\nkms:Encrypt works`,
    found: { kind: 'ciphertextKeyHidden', code: 'AccessDenied' },
  },
  {
    name: 'Go v2, KMS after S3',
    text: `operation error S3: GetObject, api error NoSuchKey: x\noperation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${request}, InvalidCiphertextException: `,
    found: {
      kind: 'invalidCiphertext',
      code: 'InvalidCiphertextException',
      action: 'kms:Decrypt',
      requestId: request,
    },
  },
  {
    name: 'moto',
    text: `An error occurred (NotFoundException) when calling the DescribeKey operation: Unable to find KMS key with id ${keyId}`,
    found: { kind: 'keyNotFound', code: 'NotFoundException', action: 'kms:DescribeKey', key: { kind: 'keyId', keyId } },
  },
  {
    name: 'a box with two sides, full of text',
    text: (`Failed to create: AccessDeniedException: ${sentence(role, 'Decrypt')}`.match(/.{1,60}/g) ?? [])
      .map((line) => `│ ${line.padEnd(60)} │`)
      .join('\n'),
    found: { ...deniedDecrypt, code: 'AccessDeniedException' },
  },
  {
    name: 'a box with two sides, whose words are whole',
    text: [
      `AccessDeniedException: User: ${role}`,
      ...`is not authorized to perform: kms:Decrypt on resource:/${keyArn}/because no identity-based policy allows the kms:Decrypt action`.split(
        /\/(?=arn|because)/,
      ),
    ]
      .map((line) => `│ ${line.padEnd(110)} │`)
      .join('\n'),
    found: { ...deniedDecrypt, code: 'AccessDeniedException' },
  },
  {
    name: 'sops, an ARN of another Region',
    text: `    - | Error decrypting key: NotFoundException: Invalid arn\n      | us-east-1\n      | \tstatus code: 400, request id:\n      | ${request}`,
    found: { kind: 'wrongRegion', code: 'NotFoundException', requestId: request },
  },
  ...(
    [
      ['because no identity-based policy allows the kms:Decrypt action', noIdentity],
      [
        'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
        { kind: 'notShared' },
      ],
      [
        'with an explicit deny in a resource-based policy',
        { kind: 'denied', policy: 'resource', policyArn: undefined },
      ],
    ] as const
  ).map(([tail, reason]) => ({
    name: `S3, a ciphertext whose key is not named, ${tail}`,
    text: `download failed: s3://b/k to ./k An error occurred (AccessDenied) when calling the GetObject operation: User: ${role} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext ${tail}`,
    found: { kind: 'accessDenied' as const, code: 'AccessDenied', action: 'kms:Decrypt', principal: role, reason },
  })),
  {
    name: 'Go v2, S3',
    text: `Error: uploading object: operation error S3: PutObject, https response error StatusCode: 403, RequestID: ABCDEF0123456789, HostID: a/b+c=, api error AccessDenied: ${sentence(role, 'Decrypt')}`,
    found: { ...deniedDecrypt, code: 'AccessDenied', requestId: 'ABCDEF0123456789' },
  },
  {
    name: 'a grant that is not there',
    text: 'An error occurred (NotFoundException) when calling the RevokeGrant operation: Grant ID 0123abcd is not found',
    found: { kind: 'grantNotFound', code: 'NotFoundException', action: 'kms:RevokeGrant' },
  },
  {
    name: 'the key of a grant that is not there',
    text: `An error occurred (NotFoundException) when calling the RevokeGrant operation: Key '${keyArn}' does not exist`,
    found: { kind: 'keyNotFound', code: 'NotFoundException', action: 'kms:RevokeGrant', ...place },
  },
  {
    name: 'a CloudTrail event of a grant that is not there',
    text: JSON.stringify({
      ...event,
      eventName: 'RevokeGrant',
      errorCode: 'NotFoundException',
      errorMessage: undefined,
      requestParameters: { keyId: keyArn, grantId: '0123abcd' },
    }),
    found: {
      kind: 'grantNotFound',
      code: 'NotFoundException',
      action: 'kms:RevokeGrant',
      principal: role,
      requestId: request,
      ...place,
    },
  },
  {
    name: 'AWS CLI, a plaintext that is too long',
    text: "An error occurred (ValidationException) when calling the Encrypt operation: 1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    found: { kind: 'other', code: 'ValidationException', action: 'kms:Encrypt' },
  },
  {
    name: 'Terraform, a policy that KMS refuses',
    text: 'Error: creating KMS Key: operation error KMS: CreateKey, MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.',
    found: { kind: 'other', code: 'MalformedPolicyDocumentException', action: 'kms:CreateKey' },
  },
  {
    name: 'CloudTrail, which does not find its key',
    text: 'An error occurred (KmsKeyNotFoundException) when calling the CreateTrail operation: x',
    found: { kind: 'keyNotFound', code: 'KmsKeyNotFoundException' },
  },
  {
    name: 'Secrets Manager',
    text: "An error occurred (DecryptionFailure) when calling the GetSecretValue operation: Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    found: { kind: 'keyInaccessible' },
  },
  {
    name: 'EKS, a grant that was revoked',
    text: `operation error EKS: CreateCluster, https response error StatusCode: 400, RequestID: ${request}, InvalidParameterException: Access denied to KMS key ${keyArn} due to explicit deny policy or revoked grant`,
    found: { kind: 'accessDenied', requestId: request, ...place },
  },
  {
    name: 'EC2, a snapshot that is not copied',
    text: 'AMI snapshot copy failed with error: Given key ID is not accessible. You must have DescribeKey permissions on the default CMK',
    found: { kind: 'keyInaccessible' },
  },
  {
    name: 'Aurora, the state of a cluster',
    text: 'DB cluster orders is in inaccessible-encryption-credentials-recoverable state',
    found: { kind: 'keyInaccessible' },
  },
];

/** Texts that say nothing of KMS, or of no error. */
export const others: readonly string[] = [
  '',
  'Hello',
  'An error occurred (AccessDenied) when calling the GetObject operation: Access Denied',
  'User: arn:aws:iam::111122223333:user/ana is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::orders/x',
  'NotFoundException: no such table',
  'HTTP 503: AWS KMS is unavailable, and the stack is pending deletion',
  `uses kms\n${'x '.repeat(400)}\nAccessDeniedException: nobody knows`,
  `User: ${user} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::kms-logs/x (AccessDenied)`,
  `operation error CloudWatch Logs: CreateLogGroup, https response error StatusCode: 400, RequestID: ${request}, ThrottlingException: Rate exceeded\n\n  on kms.tf line 3`,
  'An error occurred (LimitExceededException) when calling the CreatePolicyVersion operation: at most 5\n  File "kms.py"',
  `volume with StorageClass "kms-gp3": operation error EC2: DescribeVolumes, api error InvalidVolume.NotFound: The volume 'vol-0' does not exist.`,
  'Could not create volume (kms): InvalidVolume.NotFound',
  `Resource handler returned message: "Access Denied (Service: S3, Status Code: 403, Request ID: ${request})" kms`,
  keyArn,
  `aws kms describe-key --key-id ${keyArn}`,
  JSON.stringify({ ...event, errorCode: undefined, errorMessage: undefined }),
  JSON.stringify({ KeyMetadata: { KeyId: keyId, Arn: keyArn, KeyState: 'Enabled' } }),
];
