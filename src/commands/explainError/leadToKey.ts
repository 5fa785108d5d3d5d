import { isAbort, raceAbort } from '../../core/base/abort.ts';
import { inRegion } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import type { ErrorText } from '../../core/errorText/errorText.ts';
import { type FailedRequest, grantsFor, requestOf } from '../../core/errorText/grantFit.ts';
import type { Lead, Read } from '../../core/errorText/keyFacts.ts';
import { isKmsError } from '../../core/kms/errors.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import { accountOfArn, type ConnectionRef, connectionId, type KmsKey } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { ifAnswered } from '../ask.ts';
import type { Needs } from '../context.ts';

export type LeadContext = Needs<'connections' | 'pinnedKeys' | 'view'>;

/** What leads to the key that an error names; with a key that was found, the session that it was read through. */
export interface KeyLead {
  readonly lead: Lead;
  readonly session: Session | undefined;
}

/**
 * Looks for the key on the connections of the view, by account and Region, and reads it. It opens none that would ask
 * or run something.
 */
export async function leadToKey(context: LeadContext, error: ErrorText, signal: AbortSignal): Promise<KeyLead> {
  const without = (lead: Lead): KeyLead => ({ lead, session: undefined });
  if (error.key === undefined) {
    return without({ kind: 'noKey' });
  }
  const sessions = await raceAbort(sessionsFor(context, error), signal);
  const found = await findKey(context, sessions, error, signal);
  if (found !== undefined) {
    return { lead: { kind: 'found', facts: await readFacts(context, found, error, signal) }, session: found.session };
  }
  const leading = sessions.filter(
    (session) => isOfAccount(session, accountOf(error)) && isOfRegion(session, error.region),
  );
  const [first] = leading;
  if (first !== undefined) {
    return without({ kind: 'notListed', connection: connectionName(first.connection.ref) });
  }
  const { connections } = context;
  const through = context.connections.sessions.filter(({ knownIdentity }) =>
    isSame(knownIdentity?.account, accountOf(error)),
  );
  const notOpen = connections.shown.filter(
    (ref) => connections.session(ref) === undefined && ref.kind !== 'sample' && ref.region === error.region,
  );
  return without({
    kind: 'noConnection',
    through: [...new Set(through.map(({ connection }) => connectionName(connection.ref)))],
    notOpen: notOpen.map(connectionName),
  });
}

/** The key's account: a key ID and an alias without one are looked for in the caller's. */
function accountOf({ account, principal }: ErrorText): string | undefined {
  return account ?? accountOfArn(principal ?? '');
}

function isSame(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && left === right;
}

/** Those that are open, and those in the error's Region that open without a question. */
async function sessionsFor(context: LeadContext, { region }: ErrorText): Promise<readonly Session[]> {
  const { connections } = context;
  const shown = (await ifAnswered(connections.list())) ?? [];
  const isWanted = (ref: ConnectionRef) => ref.kind !== 'sample' && (region === undefined || ref.region === region);
  const refs = [...new Map([...connections.known, ...shown].map((ref) => [connectionId(ref), ref])).values()];
  const opened = await Promise.all(
    refs.map((ref) => connections.session(ref) ?? (isWanted(ref) ? ifAnswered(connections.open(ref)) : undefined)),
  );
  const sessions = opened.filter((session) => session !== undefined);
  await Promise.all(sessions.map((session) => ifAnswered(session.identity())));
  return sessions;
}

function isOfAccount({ knownIdentity }: Session, account: string | undefined): boolean {
  return account === undefined || knownIdentity?.account === account;
}

function isOfRegion({ connection }: Session, region: string | undefined): boolean {
  return region === undefined || connection.region === region;
}

interface FoundKey {
  readonly session: Session;
  readonly key: KmsKey;
}

async function findKey(
  context: LeadContext,
  sessions: readonly Session[],
  { key, region, ...error }: ErrorText,
  signal: AbortSignal,
): Promise<FoundKey | undefined> {
  const named = key?.kind === 'arn' ? parseKeyArn(key.arn) : undefined;
  if (named !== undefined) {
    const session =
      sessions.find((one) => isOfRegion(one, named.region) && one.knownIdentity?.account === named.account) ??
      // Where STS names no account, KMS is asked by the ARN all the same.
      sessions.find((one) => isOfRegion(one, named.region) && one.knownIdentity === undefined) ??
      pinning(context, named.arn, named.region);
    return session && { session, key: session.inventory.loadedKey(named.arn) ?? keyOfArn(named) };
  }
  const account = error.account ?? accountOfArn(error.principal ?? '');
  const candidates = sessions.filter((one) => isOfAccount(one, account) && isOfRegion(one, region));
  const found = await Promise.all(candidates.map((session) => listedKey(session, key, signal)));
  const distinct = new Map(found.flatMap((one) => (one === undefined ? [] : [[one.key.arn, one]])));
  // The same alias can be on keys of several accounts and Regions.
  return distinct.size === 1 ? [...distinct.values()][0] : undefined;
}

/** The connection that a key of another account was opened on by its ARN. */
function pinning({ connections, pinnedKeys }: LeadContext, keyArn: string, region: string): Session | undefined {
  const ref = connections.shown.find((one) => pinnedKeys.of(one).includes(keyArn));
  return ref === undefined ? undefined : connections.session(inRegion(ref, region));
}

async function listedKey(
  session: Session,
  named: ErrorText['key'],
  signal: AbortSignal,
): Promise<FoundKey | undefined> {
  const alias =
    named?.kind === 'alias' ? named.alias : named?.kind === 'arn' ? /:(alias\/.+)$/.exec(named.arn)?.[1] : undefined;
  for await (const { keys } of session.inventory.allKeys()) {
    signal.throwIfAborted();
    const key = keys.find(({ keyId, aliases }) =>
      named?.kind === 'keyId' ? keyId === named.keyId : alias !== undefined && aliases.includes(alias),
    );
    if (key !== undefined) {
      return { session, key };
    }
  }
  return undefined;
}

async function readFacts(
  context: LeadContext,
  { session, key }: FoundKey,
  error: ErrorText,
  signal: AbortSignal,
): Promise<Extract<Lead, { kind: 'found' }>['facts']> {
  const { api, inventory, connection, closed } = session;
  const any = AbortSignal.any([signal, closed]);
  // What is on screen may be older than the error.
  context.view.refreshGrants(connection, key.arn);
  const [metadata, listing, policy] = await Promise.all([
    read(api.describeKey(key.arn, any)),
    raceAbort(inventory.grants(key.arn), any),
    read(api.getKeyPolicy(key.arn, 'default', any)),
  ]);
  const { grants, state } = listing;
  return {
    key,
    connection: connectionName(connection.ref),
    metadata,
    policy,
    grants:
      state.kind === 'failed' && grants.length === 0
        ? { kind: 'failed', error: state.error }
        : { kind: 'known', value: { grants, isComplete: state.kind === 'complete' } },
    otherKeys: otherKeys(context.connections.sessions, key, requestOf(error)),
  };
}

/** @throws any error that is not KMS's, such as an AbortError */
async function read<T>(asked: Promise<T>): Promise<Read<T>> {
  try {
    return { kind: 'known', value: await asked };
  } catch (error) {
    if (isAbort(error) || !isKmsError(error)) {
      throw error;
    }
    return { kind: 'failed', error };
  }
}

/** Of the keys whose grants are loaded, those on which a grant allows the call. Sends no request. */
function otherKeys(sessions: readonly Session[], key: KmsKey, request: FailedRequest | undefined): readonly KmsKey[] {
  if (request === undefined) {
    return [];
  }
  const found = sessions.flatMap(({ inventory }) =>
    [...inventory.loadedDetails()]
      .filter(({ keyArn, grants }) => keyArn !== key.arn && grantsFor(request, grants)[0]?.gaps.length === 0)
      .flatMap(({ keyArn }) => {
        const named = parseKeyArn(keyArn);
        return inventory.loadedKey(keyArn) ?? (named === undefined ? [] : [keyOfArn(named)]);
      }),
  );
  return [...new Map(found.map((one) => [one.arn, one])).values()];
}
