import type { Account } from '../../src/emulator/account.ts';

/** A grant on `orders-db`, and the text of a Terraform file that may make it. */
export interface TerraformGrant {
  readonly name: string;
  readonly file: string;
}

/** @param account one that has the sample keys */
export function addTerraformGrant(account: Account): TerraformGrant {
  const name = 'ledger-export';
  const granteePrincipal = `arn:aws:iam::${account.id}:role/app/Ledger`;
  account.addGrant({
    id: 'f'.repeat(64),
    keyId: account.aliases.get('alias/orders-db')?.targetKeyId ?? '',
    createdAt: Date.now() - 60_000,
    name,
    granteePrincipal,
    issuingAccount: account.rootArn,
    operations: ['Decrypt', 'Encrypt'],
  });
  const file = `# Grants of the ledger

resource "aws_kms_grant" "ledger" {
  name              = "${name}"
  key_id            = aws_kms_key.orders.key_id
  grantee_principal = "${granteePrincipal}"
  operations        = ["Encrypt", "Decrypt"]
}
`;
  return { name, file };
}
