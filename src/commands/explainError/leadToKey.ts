import { isAbort, raceAbort } from '../../core/base/abort.ts';
import { inRegion } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import type { ErrorText } from '../../core/errorText/errorText.ts';
import { type FailedRequest, grantsFor, requestOf } from '../../core/errorText/grantFit.ts';
import type { Lead, Read } from '../../core/errorText/keyFacts.ts';
import { isKmsError, type KmsError } from '../../core/kms/errors.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import { accountOfArn, type Connection, type ConnectionRef, connectionId, type KmsKey } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { ifAnswered, ifOpen } from '../ask.ts';
import { type Needs, whileOpen } from '../context.ts';

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
  const { found, unlisted } = await findKey(context, sessions, error, signal);
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return { lead: { kind: 'found', facts: await readFacts(context, only, error, signal) }, session: only.session };
  }
  if (only !== undefined) {
    const nameOf = ({ ref, region }: Connection) => `${connectionName(ref)} (${region})`;
    return without({ kind: 'ambiguous', connections: found.map(({ session }) => nameOf(session.connection)) });
  }
  if (unlisted !== undefined) {
    const { session, error: reason } = unlisted;
    return without({ kind: 'notListed', connection: connectionName(session.connection.ref), error: reason });
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
    refs.map((ref) => connections.session(ref) ?? (isWanted(ref) ? ifOpen(connections.open(ref)) : undefined)),
  );
  const sessions = opened.filter((session) => session !== undefined);
  await Promise.all(sessions.map((session) => ifOpen(session.identity())));
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

/** A connection that should list the key, and why its list isn't whole. */
interface Unlisted {
  readonly session: Session;
  readonly error: KmsError | undefined;
}

interface Search {
  /** Each key once. The same alias can be on keys of several accounts and Regions. */
  readonly found: readonly FoundKey[];
  /** Of the connections that don't list it, one whose list isn't whole, if there is one. */
  readonly unlisted: Unlisted | undefined;
}

async function findKey(
  context: LeadContext,
  sessions: readonly Session[],
  error: ErrorText,
  signal: AbortSignal,
): Promise<Search> {
  const { key, region } = error;
  const named = key?.kind === 'arn' ? parseKeyArn(key.arn) : undefined;
  if (named !== undefined) {
    const session =
      sessions.find((one) => isOfRegion(one, named.region) && one.knownIdentity?.account === named.account) ??
      // Where STS names no account, KMS is asked by the ARN all the same.
      sessions.find((one) => isOfRegion(one, named.region) && one.knownIdentity === undefined) ??
      pinning(context, named.arn, named.region);
    const found = session && { session, key: session.inventory.loadedKey(named.arn) ?? keyOfArn(named) };
    return { found: found === undefined ? [] : [found], unlisted: undefined };
  }
  const account = accountOf(error);
  const candidates = sessions.filter((one) => isOfAccount(one, account) && isOfRegion(one, region));
  const asked = await Promise.all(candidates.map((session) => listedKey(session, key, signal)));
  const unlisted = asked.flatMap((one) => ('key' in one ? [] : [one]));
  return {
    found: [...new Map(asked.flatMap((one) => ('key' in one ? [[one.key.arn, one]] : []))).values()],
    unlisted: unlisted.find(({ error: reason }) => reason !== undefined) ?? unlisted[0],
  };
}

/** The connection that a key of another account was opened on by its ARN. */
function pinning({ connections, pinnedKeys }: LeadContext, keyArn: string, region: string): Session | undefined {
  const ref = connections.shown.find((one) => pinnedKeys.of(one).includes(keyArn));
  return ref === undefined ? undefined : connections.session(inRegion(ref, region));
}

async function listedKey(session: Session, named: ErrorText['key'], signal: AbortSignal): Promise<FoundKey | Unlisted> {
  const alias =
    named?.kind === 'alias' ? named.alias : named?.kind === 'arn' ? /:(alias\/.+)$/.exec(named.arn)?.[1] : undefined;
  let error: KmsError | undefined;
  for await (const { keys, state, aliasError } of session.inventory.allKeys()) {
    signal.throwIfAborted();
    error = state.kind === 'failed' ? state.error : alias === undefined ? undefined : aliasError;
    const key = keys.find(({ keyId, aliases }) =>
      named?.kind === 'keyId' ? keyId === named.keyId : alias !== undefined && aliases.includes(alias),
    );
    if (key !== undefined) {
      return { session, key };
    }
  }
  return { session, error };
}

async function readFacts(
  context: LeadContext,
  { session, key }: FoundKey,
  error: ErrorText,
  signal: AbortSignal,
): Promise<Extract<Lead, { kind: 'found' }>['facts']> {
  const { api, inventory, connection } = session;
  // What is on screen may be older than the error.
  context.view.refreshGrants(connection, key.arn);
  const [metadata, listing, policy] = await whileOpen(session, signal, (any) =>
    Promise.all([
      read(api.describeKey(key.arn, any)),
      raceAbort(inventory.grants(key.arn), any),
      read(api.getKeyPolicy(key.arn, 'default', any)),
    ]),
  );
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
