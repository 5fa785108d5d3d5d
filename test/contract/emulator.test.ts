import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Account } from '../../src/emulator/account.ts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { inProcessHandler } from '../aws/inProcess.ts';
import { startServer } from '../aws/server.ts';
import { contract, everyCapability, type Target } from './contract.ts';

const principalArn = 'arn:aws:sts::111122223333:assumed-role/Contract/tester';
const secrets = { AKIDCONTRACT: { secretAccessKey: 'contract/secret+key=', principalArn } };
const credentials = { accessKeyId: 'AKIDCONTRACT', secretAccessKey: 'contract/secret+key=' };
const region = 'eu-west-1';

function target(name: string, data: Account, config: Partial<Target['config']>): Target {
  return {
    name,
    account: data.id,
    principalArn,
    capabilities: everyCapability,
    config: { region, credentials, ...config },
    keys: {
      symmetric: keyOf(data, 'alias/orders-db'),
      alias: 'alias/orders-db',
      disabled: keyOf(data, 'alias/legacy/billing-archive'),
      pendingDeletion: keyOf(data, 'alias/legacy/crm'),
      hmac: keyOf(data, 'alias/partners/webhook-hmac'),
    },
  };
}

function keyOf(data: Account, alias: string): string {
  const keyId = data.aliases.get(alias)?.targetKeyId;
  assert.ok(keyId);
  return keyId;
}

const overHttp = createAccount({ region });
const server = await startServer(createEmulator({ data: overHttp, secrets }), { port: 0 });
after(() => server.close());
contract(target('the emulator over HTTP', overHttp, { endpoint: server.url }));

const inProcess = createAccount({ region });
const requestHandler = inProcessHandler(createEmulator({ data: inProcess, secrets }));
contract(target('the emulator in process', inProcess, { requestHandler }));
