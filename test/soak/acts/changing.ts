import { type EndContext, endGrant } from '../../../src/commands/changes/endGrant/endGrant.ts';
import { recreateGrant } from '../../../src/commands/changes/recreateGrant/recreateGrant.ts';
import { retireGrant } from '../../../src/commands/changes/retireGrant.ts';
import { revokeSeveral } from '../../../src/commands/changes/revokeSeveral/revokeSeveral.ts';
import type { CommandContext } from '../../../src/commands/context.ts';
import { accountOfArn } from '../../../src/core/kms/model.ts';
import { findGrant } from '../../../src/core/kms/readGrant.ts';
import type { GrantNode } from '../../../src/views/shared/nodes.ts';
import { ana, grantIdsOf } from '../../faults/world.ts';
import { noConstraints } from '../../unit/core/fakes.ts';
import { makeOneElsewhere, readers } from './elsewhere.ts';
import { type Act, grantOf, one, sessionOf } from './hand.ts';
import { meanwhile } from './meanwhile.ts';

const revokeGrant = (context: EndContext, node: GrantNode) => endGrant('revoke', context, node);

/** What a person does to change grants, and to follow that. */
export const changing: readonly Act[] = [
  ending('revoke', 24, revokeGrant),
  {
    name: 'revoke several',
    weight: 4,
    mayGoOn: true,
    run: async (world, hand) => {
      const nodes = Array.from({ length: 5 }, () => grantOf(hand)).filter((node) => node !== undefined);
      const selected = [...new Map(nodes.map((node) => [node.grant.grantId, node])).values()];
      if (selected.length === 0) {
        return;
      }
      hand.note(selected.map(({ grant }) => grant.grantId.slice(0, 8)).join(', '));
      hand.select(selected);
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await revokeSeveral(hand.context, selected);
    },
  },
  ending('retire', 10, retireGrant),
  {
    name: 'recreate',
    weight: 4,
    mayGoOn: true,
    run: async (world, hand) => {
      const record = one(hand, hand.window.journal.records);
      if (record === undefined) {
        return;
      }
      hand.note(record.grant.grantId.slice(0, 8));
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await recreateGrant(hand.context, { kind: 'historyEntry', id: record.id });
    },
  },
  {
    name: 'create',
    weight: 5,
    mayGoOn: true,
    run: async (_, hand) => {
      const node = one(hand, hand.onScreen('key'));
      const session = node === undefined ? undefined : sessionOf(hand, node);
      if (node === undefined || session === undefined) {
        return;
      }
      const { arn: principal } = await session.identity();
      hand.confirm({ operation: 'CreateGrant', keyArn: node.key.arn, grantId: '', principal });
      const input = {
        keyArn: node.key.arn,
        operations: ['Decrypt'],
        granteePrincipal: { kind: 'principal', value: hand.random.pick(readers) },
        retiringPrincipal: { kind: 'principal', value: `arn:aws:iam::${ana}:user/ana` },
        constraints: noConstraints,
        ...(hand.chance(0.5) ? { name: `grant-${hand.random.below(20)}` } : {}),
      } as const;
      await hand.window.create(input, node.connection.ref);
    },
  },
  {
    name: 'stop waiting',
    weight: 3,
    run: async (_, hand) => {
      const node = grantOf(hand);
      if (node !== undefined) {
        hand.window.revocations.stopWaiting(node.connection.ref, node.key, node.grant.grantId);
      }
    },
  },
  {
    name: 'check again',
    weight: 4,
    run: async (_, hand) => {
      const node = grantOf(hand);
      const session = node === undefined ? undefined : hand.window.connections.session(node.connection.ref);
      if (node !== undefined && session !== undefined) {
        hand.window.revocations.checkAgain(session, node.key, node.grant.grantId);
      }
    },
  },
];

export const revokingUnlisted: Act = {
  name: 'revoke what no row has',
  weight: 4,
  mayGoOn: true,
  run: async (world, hand) => {
    // As a language model does, or another view: the list of the key may be older than the grant.
    const known = one(hand, hand.onScreen('key'));
    const session = known === undefined ? undefined : sessionOf(hand, known);
    if (known === undefined || session === undefined) {
      return;
    }
    makeOneElsewhere(world, hand, known.key.keyId);
    const { account } = world.emulator(accountOfArn(known.key.arn) ?? ana, session.connection.region);
    const grantId = one(hand, grantIdsOf(account, known.key.keyId));
    if (grantId === undefined) {
      return;
    }
    const grant = await findGrant(session.api, { keyArn: known.key.arn, grantId }, session.closed);
    if (grant === undefined) {
      return;
    }
    hand.note(grantId.slice(0, 8));
    const node: GrantNode = { kind: 'grant', connection: session.connection, key: known.key, grant };
    hand.answer(hand.chance(0.8), meanwhile(world, hand));
    await revokeGrant(hand.context, node);
  },
};

/** Ends one grant by a command. */
function ending(
  name: string,
  weight: number,
  command: (context: CommandContext, node: GrantNode) => Promise<unknown>,
): Act {
  return {
    name,
    weight,
    mayGoOn: true,
    run: async (world, hand) => {
      const node = grantOf(hand);
      if (node === undefined) {
        return;
      }
      hand.note(node.grant.grantId.slice(0, 8));
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await command(hand.context, node);
    },
  };
}
