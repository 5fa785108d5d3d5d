/** Our client in a process of its own: `worker TASK ARGUMENTS` prints what the task measured, as JSON. */
import { loadEvidence } from './evidenceTask.ts';
import { list, readAll, readFirst, scan } from './readTasks.ts';
import { revoke } from './revokeTask.ts';

const tasks = { list, loadEvidence, readAll, readFirst, revoke, scan };
export type Tasks = typeof tasks;
export type Task = keyof Tasks;

const [task = '', input = '[]'] = process.argv.slice(2);
const chosen = new Map<string, (...input: never[]) => Promise<unknown>>(Object.entries(tasks)).get(task);
if (chosen === undefined) {
  throw new Error(`There is no task ${task}`);
}
process.stdout.write(JSON.stringify(await chosen(...(JSON.parse(input) as never[]))));
