import * as l10n from '@vscode/l10n';
import { printableJson } from '../base/text.ts';
import { grantAsAwsJson } from '../kms/awsJson.ts';
import type { ConnectionRef } from '../kms/model.ts';
import { UserError } from '../words/userError.ts';
import { fileFormat, fileVersion, largestFile } from './baselineFile.ts';
import type { Snapshot, SnapshotConnection } from './snapshot.ts';

/**
 * The same bytes for the same snapshot but for its time, in the header. KMS lists no grant tokens, so none is in it.
 * @param tool name and version
 * @throws UserError when it would be larger than what can be read back
 */
export function writeBaseline({ readAt, wasCancelled, connections, unread, keys }: Snapshot, tool: string): Uint8Array {
  const places = new Map(connections.map((connection, index) => [connection, index]));
  const lines = keys.flatMap(({ connection, arn, aliases, grants, isComplete }) => {
    const place = places.get(connection);
    const key = { Key: arn, Connection: place, Aliases: aliases, Grants: grants.length, IsComplete: isComplete };
    return [key, ...grants.map((grant) => ({ ...grantAsAwsJson(grant), Connection: place }))];
  });
  const header = {
    Format: fileFormat,
    Version: fileVersion,
    Tool: tool,
    ReadAt: new Date(readAt).toISOString(),
    WasCancelled: wasCancelled,
    Connections: connections.map(connectionAsJson),
    Lines: { Unread: unread.length, Keys: keys.length, Grants: lines.length - keys.length },
  };
  const failures = unread.map(({ ref, region, keyArn, reason }) => ({
    Unread: { ...refAsJson(ref), Region: region, KeyArn: keyArn, Reason: reason },
  }));
  const text = [header, ...failures, ...lines].map((line) => `${printableJson(line)}\n`).join('');
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > largestFile) {
    throw new UserError(
      l10n.t('The baseline would be larger than {0} MB. Search fewer connections.', largestFile / 2 ** 20),
    );
  }
  return bytes;
}

function connectionAsJson({ ref, region, account, endpoint }: SnapshotConnection) {
  return { ...refAsJson(ref), Region: region, Account: account, Endpoint: endpoint };
}

function refAsJson(ref: ConnectionRef) {
  return { Kind: ref.kind, Profile: ref.kind === 'profile' ? ref.profile : undefined };
}
