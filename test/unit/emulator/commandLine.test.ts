import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { help, parseCommandLine } from '../../aws/commandLine.ts';

const parse = (text: string) => parseCommandLine(text.split(' ').filter((word) => word !== ''));

function served(text: string) {
  const command = parse(text);
  assert.equal(command.kind, 'serve');
  return command.kind === 'serve' ? command : assert.fail();
}

function mistake(text: string): string {
  const command = parse(text);
  assert.equal(command.kind, 'mistake', text);
  return command.kind === 'mistake' ? command.message : assert.fail();
}

suite('the command line of the emulator', () => {
  test('without options, the sample account is served', () => {
    const { port, sample, emulator } = served('');
    assert.equal(port, 4599);
    assert.deepEqual(sample, {
      seed: 1,
      keys: 20,
      grantsPerKey: 5,
      account: '111122223333',
      region: 'eu-west-1',
      partition: 'aws',
    });
    assert.deepEqual(emulator, {
      seed: 1,
      propagation: { minMs: 2_000, maxMs: 8_000 },
      eventDelayMs: 300_000,
      replicas: 3,
      latencyMs: 0,
      throttle: 1,
      failRate: 0,
      denials: [],
    });
  });

  test('every option has its effect', () => {
    const { port, sample, emulator } = served(
      '--port 0 --keys 3 --grants 7 --grants-on-first-key 50000 --seed 9 --account 123456789012 --region us-gov-west-1 --partition aws-us-gov ' +
        '--principal arn:aws-us-gov:iam::123456789012:user/u --propagation-ms 5 --event-delay-ms 0 --replicas 2 --latency-ms 30 ' +
        '--throttle 0.5 --fail-rate .25 --secret AKIDA:s:e/c+r --secret AKIDB:t=arn:aws:iam::123456789012:role/b ' +
        '--deny List* --deny RevokeGrant@1234abcd-12ab-34cd-56ef-1234567890ab',
    );
    const principalArn = 'arn:aws-us-gov:iam::123456789012:user/u';
    assert.equal(port, 0);
    assert.deepEqual(sample, {
      seed: 9,
      keys: 3,
      grantsPerKey: 7,
      grantsOnFirstKey: 50_000,
      account: '123456789012',
      region: 'us-gov-west-1',
      partition: 'aws-us-gov',
    });
    assert.deepEqual(emulator, {
      seed: 9,
      propagation: { minMs: 5, maxMs: 5 },
      eventDelayMs: 0,
      replicas: 2,
      latencyMs: 30,
      throttle: 0.5,
      failRate: 0.25,
      principalArn,
      secrets: {
        AKIDA: { secretAccessKey: 's:e/c+r', principalArn },
        AKIDB: { secretAccessKey: 't', principalArn: 'arn:aws:iam::123456789012:role/b' },
      },
      denials: [{ operation: 'List*' }, { operation: 'RevokeGrant', keyId: '1234abcd-12ab-34cd-56ef-1234567890ab' }],
    });
  });

  test('a wrong value gets one sentence that names its option', () => {
    const wrong = [
      '--port x',
      '--port 65536',
      '--port',
      '--keys -1',
      '--keys=-1',
      '--keys 100001',
      '--grants 1.5',
      '--seed 1e3',
      '--account 123',
      '--region Ireland',
      '--partition azure',
      '--principal alex',
      '--propagation-ms 9-2',
      '--propagation-ms fast',
      '--replicas 0',
      '--latency-ms -',
      '--throttle .',
      '--fail-rate 1.1',
      '--deny @',
      '--colour red',
      '--help=yes',
    ];
    for (const text of wrong) {
      const message = mistake(text);
      assert.match(message, /^[^\n]+\.$/, text);
      assert.ok(message.includes(text.split(/[ =]/)[0] ?? ''), `${text}: ${message}`);
    }
    assert.match(mistake('serve.now'), /serve\.now/);
  });

  test('a wrong secret is not repeated', () => {
    assert.equal(mistake('--secret hunter2'), '--secret must be KEYID:SECRET or KEYID:SECRET=ARN.');
    assert.ok(!mistake('--secret AKID:hunter2=nobody').includes('hunter2'));
  });

  test('help lists every option, and beats everything else', () => {
    assert.deepEqual(parse('--help --keys 3'), { kind: 'help' });
    for (const name of ['port', 'keys', 'grants', 'seed', 'propagation-ms', 'replicas', 'latency-ms', 'throttle']) {
      assert.ok(help.includes(`--${name} `), name);
    }
    for (const name of ['fail-rate', 'account', 'region', 'partition', 'principal', 'secret', 'deny', 'help']) {
      assert.ok(help.includes(`--${name} `), name);
    }
  });
});
