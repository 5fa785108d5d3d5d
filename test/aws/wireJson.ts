import type { AwsError } from '../../src/emulator/errors.ts';
import type { Encoded, Protocol } from '../../src/emulator/wire.ts';

/** AWS's REST JSON, as the SSO portal, its OIDC and the sign-in service speak it: the name of an error is in a header. */
export const restJson: Protocol = {
  success: (result, requestId) => ({ status: 200, headers: headers(requestId), body: JSON.stringify(result ?? {}) }),
  failure: (error, requestId) => failure(error, requestId, { message: error.message }),
};

/** With the members that OAuth asks for beside. */
export function oauthFailure(error: AwsError, requestId: string, code: string): Encoded {
  return failure(error, requestId, { error: code, error_description: error.message });
}

export function failure(error: AwsError, requestId: string, body: Readonly<Record<string, unknown>>): Encoded {
  return {
    status: error.status,
    headers: { ...headers(requestId), 'x-amzn-errortype': error.code },
    body: JSON.stringify(body),
  };
}

const headers = (requestId: string) => ({ 'content-type': 'application/json', 'x-amzn-requestid': requestId });
