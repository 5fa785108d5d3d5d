import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

test('only prompts.ts shows notifications, since it keeps links in them from being such; others show dialogs at most', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const shown = files.flatMap((file) => {
    if (file === join('platform', 'prompts.ts')) {
      return [];
    }
    const text = readFileSync(join('src', file), 'utf8');
    return text
      .split(/window\s*\.show(?=(?:Information|Warning|Error)Message\()/)
      .slice(1)
      .filter((call) => !call.slice(0, call.indexOf(');')).includes('modal: true'))
      .map((call) => `${file}: ${call.slice(0, 80)}`);
  });
  assert.deepEqual(shown, []);
});
