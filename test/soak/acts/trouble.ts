import type { Fault, FaultKind } from '../../aws/faults.ts';
import { type Act, type Hand, minute, somewhere } from './hand.ts';

/** Faults, time and clocks. */
export const trouble: readonly Act[] = [
  {
    name: 'faults',
    weight: 8,
    run: async (world, hand) => {
      const faults = Array.from({ length: 1 + hand.random.below(3) }, () => anyFault(hand));
      hand.note(JSON.stringify(faults));
      somewhere(hand, world).setFaults(faults);
    },
  },
  {
    name: 'no faults',
    weight: 8,
    run: async (world) => {
      for (const emulator of world.emulators) {
        emulator.setFaults([]);
      }
    },
  },
  {
    name: 'the network goes and returns',
    weight: 1,
    run: async (world, hand) => {
      await world.outside.during(world.down());
      await hand.rows();
      await world.pass(hand.random.below(minute));
      await world.outside.during(world.up());
    },
  },
  {
    name: 'time passes',
    weight: 12,
    run: (world, hand) => world.pass(hand.random.below(hand.chance(0.1) ? 20 * minute : minute)),
  },
  {
    name: 'the clock is set',
    weight: 1,
    run: async (world, hand) => {
      const byMs = (hand.random.below(240) - 120) * minute;
      hand.note(`by ${byMs / minute} minutes`);
      world.clock.setWall(byMs);
    },
  },
  {
    name: 'the computer sleeps',
    weight: 1,
    run: async (world, hand) => {
      world.clock.suspend(hand.random.below(8 * 60) * minute);
      // Often the network comes back later than the computer.
      const fault: Fault = { operation: '*', times: hand.random.below(6), stage: 'unread', fault: { kind: 'drop' } };
      for (const emulator of world.emulators) {
        emulator.setFaults([fault]);
      }
      await world.pass(hand.random.below(minute));
    },
  },
  {
    name: 'the history can not be written for a while',
    weight: 1,
    run: async (world, hand) => {
      let left = 1 + hand.random.below(3);
      world.journalFault = () => {
        left -= 1;
        return left < 0 ? undefined : new Error('ENOSPC: no space left on device');
      };
    },
  },
];

const operations = [
  '*',
  'List*',
  'ListGrants',
  'ListKeys',
  '*Grant',
  'RevokeGrant',
  'RetireGrant',
  'CreateGrant',
  'GetCallerIdentity',
  'DescribeKey',
] as const;

function anyFault({ random }: Hand): Fault {
  const fault = random.pick<FaultKind>([
    { kind: 'error', code: 'KMSInternalException', status: 500 },
    { kind: 'error', code: 'ThrottlingException' },
    { kind: 'error', code: 'AccessDeniedException' },
    { kind: 'notJson', status: 503 },
    { kind: 'notJson', status: 200 },
    { kind: 'drop' },
    { kind: 'hang' },
    { kind: 'expiredToken' },
    { kind: 'latency', ms: 10 },
    { kind: 'latency', ms: 60 },
    { kind: 'slowBody', ms: 60 },
    { kind: 'cutBody' },
    { kind: 'cutHead' },
    { kind: 'halfBody' },
  ]);
  const stages = fault.kind === 'drop' ? (['unread', 'before', 'after'] as const) : (['before', 'after'] as const);
  // What is refused is not carried out; what fails otherwise may be.
  const isLost = fault.kind === 'hang' || fault.kind === 'drop' || fault.kind === 'notJson' || 'status' in fault;
  const stage = isLost ? random.pick([...stages]) : 'before';
  return {
    operation: random.pick(operations),
    probability: random.pick([0.1, 0.3, 1]),
    times: 1 + random.below(6),
    stage,
    fault,
  };
}
