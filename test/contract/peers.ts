import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PythonTools, pythonTools } from '../host/python.ts';

const isRequired = process.env['CI'] === 'true';

/**
 * Registers tests that need moto, the AWS CLI or botocore. Where those can't be had, one test stands for them all: it is
 * skipped, or fails where everything has to run (`CI=true`).
 */
export async function withPython(what: string, register: (tools: PythonTools) => void | Promise<void>): Promise<void> {
  const tools = await pythonTools();
  if (tools !== undefined) {
    await register(tools);
    return;
  }
  const reason = 'Python 3 or its packages cannot be had here';
  test(what, isRequired ? {} : { skip: reason }, () => assert.fail(reason));
}
