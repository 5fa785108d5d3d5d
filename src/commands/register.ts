import vscode = require('vscode');

import { type CommandId, commands, languageModelTools, type ToolName } from '../manifest.ts';
import type { CommandContext } from './context.ts';
import type { ToolInput } from './tools/tools.ts';

/** The bundle of the commands: `./index.ts`, loaded on first use. */
export type CommandsBundle = Pick<
  typeof import('./index.ts'),
  'run' | 'describeTool' | 'runTool' | 'checkUnanswered' | 'showOutcomes' | 'findKeyArns'
>;

interface Loaded {
  readonly context: CommandContext;
  readonly commands: () => Promise<CommandsBundle>;
}

/** Registers every command and every tool. Their code is loaded when one of them runs. */
export function registerCommands(load: () => Promise<Loaded>): vscode.Disposable {
  const bundle = async () => (await load()).commands();
  const registered = Object.values(commands).map((id: CommandId) =>
    vscode.commands.registerCommand(id, async (...args: readonly unknown[]) =>
      (await bundle()).run((await load()).context, id, args[0], args[1], args.length),
    ),
  );
  const tools = Object.values(languageModelTools).map((name: ToolName) =>
    vscode.lm.registerTool<ToolInput>(name, {
      prepareInvocation: async ({ input }) => ({ invocationMessage: (await bundle()).describeTool(name, input) }),
      invoke: async ({ input }, token) => {
        const text = await (await bundle()).runTool((await load()).context, name, input, token);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
      },
    }),
  );
  return vscode.Disposable.from(...registered, ...tools);
}
