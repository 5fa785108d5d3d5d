import assert from 'node:assert/strict';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { HttpResponse } from '@smithy/core/protocols';
import type { ServiceEndpoint } from '../../../src/aws/endpoint.ts';
import { clientSettings, defaultTransport } from '../../../src/aws/transport.ts';

interface Sent {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a request to a service goes, and for which Region it is signed. It is not sent. */
export async function destinationOf(
  service: 'KMS' | 'CLOUDTRAIL' | 'IAM',
  endpoint: ServiceEndpoint,
  region: string,
): Promise<readonly [url: string, region: string | undefined]> {
  const sent: Sent[] = [];
  const config = {
    ...clientSettings(defaultTransport, endpoint),
    region,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
    requestHandler: {
      handle: async (request: Sent) => {
        sent.push(request);
        const body = Buffer.from(service === 'IAM' ? '<R><ListUsersResult/></R>' : '{}');
        return { response: new HttpResponse({ statusCode: 200, headers: {}, body }) };
      },
    },
  };
  switch (service) {
    case 'KMS':
      await new KMSClient(config).send(new ListKeysCommand({}));
      break;
    case 'CLOUDTRAIL':
      await new CloudTrailClient(config).send(new LookupEventsCommand({}));
      break;
    case 'IAM':
      await new IAMClient(config).send(new ListUsersCommand({}));
      break;
  }
  const [{ protocol, hostname, port, path, headers } = assert.fail('Nothing was sent.')] = sent;
  const signedFor = headers['authorization']?.split('/')[2];
  return [`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`, signedFor];
}
