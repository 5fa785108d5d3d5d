import type { CommandContext } from '../../../src/commands/context.ts';
import type { Random } from '../../../src/emulator/random.ts';
import type { GrantNode, KeyNode, Node } from '../../../src/views/shared/nodes.ts';
import type { Emulator } from '../../aws/emulator.ts';
import type { configOf, Window, World } from '../../faults/world.ts';
import type { Confirmed } from '../answers.ts';

/** What an act has to work with. */
export interface Hand {
  readonly random: Random;
  readonly window: Window;
  readonly context: CommandContext;
  note(text: string): void;
  chance(probability: number): boolean;
  /** The rows below a row; they stay on screen. */
  rows(parent?: Node): Promise<Node[]>;
  onScreen<K extends Node['kind']>(kind: K): readonly Extract<Node, { kind: K }>[];
  /** How the questions that follow are answered, and what happens while they are open. */
  answer(isYes: boolean, meanwhile: () => Promise<void>): void;
  /** What is selected when several grants are revoked. */
  select(nodes: readonly GrantNode[]): void;
  /** Of what no command asks. */
  confirm(confirmed: Confirmed): void;
  openWindow(): void;
  writeConfig(profiles: Parameters<typeof configOf>[0]): Promise<void>;
}

export interface Act {
  readonly name: string;
  readonly weight: number;
  /** Others may act before it has ended. */
  readonly mayGoOn?: boolean;
  run(world: World, hand: Hand): Promise<unknown>;
}

export const minute = 60_000;

export const somewhere = ({ random }: Hand, { emulators }: World): Emulator =>
  random.pick(emulators as [Emulator, ...Emulator[]]);

/** A grant on screen, mostly one of a connection that is open; some of before. */
export function grantOf(hand: Hand): GrantNode | undefined {
  const all = hand.onScreen('grant');
  const open = all.filter(({ connection }) => hand.window.connections.find(connection) !== undefined);
  return one(hand, hand.chance(0.1) ? all : open);
}

export function one<T>({ random }: Hand, items: readonly T[]): T | undefined {
  return items[random.below(Math.max(1, items.length))];
}

/** The session of the very opening that the row is of, as commands take it. */
export function sessionOf({ window }: Hand, { connection }: KeyNode | GrantNode) {
  return window.connections.find(connection);
}
