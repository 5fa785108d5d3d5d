import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  type GrantOperation,
  type KMSClient,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import type { Actor } from '../core/kms/actor.ts';
import { isKind } from '../core/kms/errors.ts';
import type { CreatedGrant, GrantRef, KmsApi } from '../core/kms/kmsApi.ts';
import type { CreateGrantInput, GrantConstraints } from '../core/kms/model.ts';
import type { Call, Send } from './call.ts';
import { type CallContext, IncompleteResponse } from './failures.ts';
import type { IdentityGuard } from './identityGuard.ts';
import type { Narrowed } from './narrow.ts';

type GrantChanges = Pick<
  KmsApi,
  'revokeGrant' | 'dryRunRevokeGrant' | 'createGrant' | 'dryRunCreateGrant' | 'retireGrant' | 'dryRunRetireGrant'
>;

/** The calls of the port that change grants, and their dry runs. */
export function grantChanges(kms: KMSClient, call: Call, guard: IdentityGuard): GrantChanges {
  /**
   * Sent a second time, with other credentials, only if the account is known: then they are checked against it.
   * @param actor undefined for a dry run
   */
  const change = <Output, T>(
    context: CallContext,
    actor: Actor | undefined,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output) => Narrowed<T>,
  ) =>
    call(context, signal, send, narrow, {
      mayRenew: () => guard.isAccountKnown,
      ...(actor === undefined ? {} : { before: (credentials) => guard.confirmActor(actor, credentials, signal) }),
    });

  const revoke = ({ keyArn, grantId }: GrantRef, actor: Actor | undefined, signal: AbortSignal) =>
    change(
      { operation: 'RevokeGrant', keyArn, grantId },
      actor,
      signal,
      (sending) =>
        kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: grantId, ...dryRunInput(actor) }), sending),
      () => ({ value: undefined }),
    );

  const retire = ({ keyArn, grantId }: GrantRef, actor: Actor | undefined, signal: AbortSignal) =>
    change(
      { operation: 'RetireGrant', keyArn, grantId },
      actor,
      signal,
      (sending) =>
        kms.send(new RetireGrantCommand({ KeyId: keyArn, GrantId: grantId, ...dryRunInput(actor) }), sending),
      () => ({ value: undefined }),
    );

  const create = (input: CreateGrantInput, actor: Actor | undefined, signal: AbortSignal) =>
    change(
      {
        operation: 'CreateGrant',
        keyArn: input.keyArn,
        principals: { grantee: input.granteePrincipal.value, retiring: input.retiringPrincipal?.value },
      },
      actor,
      signal,
      (sending) => kms.send(new CreateGrantCommand({ ...createGrantInput(input), ...dryRunInput(actor) }), sending),
      (output): Narrowed<CreatedGrant> => {
        if (!output.GrantId) {
          throw new IncompleteResponse(output);
        }
        return { value: { grantId: output.GrantId, grantToken: output.GrantToken ?? '' } };
      },
    );

  return {
    revokeGrant: revoke,
    dryRunRevokeGrant: (grant, signal) => dryRunAnswer(revoke(grant, undefined, signal), 'revoked'),
    createGrant: create,
    dryRunCreateGrant: (input, signal) => dryRunAnswer(create(input, undefined, signal), 'created'),
    retireGrant: retire,
    dryRunRetireGrant: (grant, signal) => dryRunAnswer(retire(grant, undefined, signal), 'retired'),
  };
}

/**
 * AWS answers every dry run with an error. A success means that the server ignored DryRun and made the change.
 * @param done what the change really did then
 */
async function dryRunAnswer<T extends string>(answer: Promise<unknown>, done: T): Promise<'allowed' | T> {
  try {
    await answer;
    return done;
  } catch (error) {
    if (isKind(error, 'dryRun')) {
      return 'allowed';
    }
    throw error;
  }
}

/** A call without an actor is a dry run. */
function dryRunInput(actor: Actor | undefined): { readonly DryRun?: true } {
  return actor === undefined ? { DryRun: true } : {};
}

function createGrantInput(input: CreateGrantInput): CreateGrantCommandInput {
  const { keyArn, operations, granteePrincipal: grantee, retiringPrincipal: retiring, name } = input;
  const constraints = constraintsInput(input.constraints);
  return {
    KeyId: keyArn,
    // Not checked here: AWS may know more operations than this SDK.
    Operations: [...operations] as GrantOperation[],
    ...(grantee.kind === 'principal'
      ? { GranteePrincipal: grantee.value }
      : { GranteeServicePrincipal: grantee.value }),
    ...(retiring === undefined
      ? {}
      : retiring.kind === 'principal'
        ? { RetiringPrincipal: retiring.value }
        : { RetiringServicePrincipal: retiring.value }),
    ...(Object.keys(constraints).length === 0 ? {} : { Constraints: constraints }),
    ...(name === undefined ? {} : { Name: name }),
  };
}

function constraintsInput({ encryptionContextEquals, encryptionContextSubset, sourceArn }: GrantConstraints) {
  return {
    ...(encryptionContextEquals === undefined ? {} : { EncryptionContextEquals: { ...encryptionContextEquals } }),
    ...(encryptionContextSubset === undefined ? {} : { EncryptionContextSubset: { ...encryptionContextSubset } }),
    ...(sourceArn === undefined ? {} : { SourceArn: sourceArn }),
  };
}
