import { generateKeys, type MakeKeys } from "../../gateway/pki/server_certificates.ts";

/** RSA keys made once per test file, in turn: making one takes 200 ms of a core, and no test here is about its bits. */
const POOL = 2;
const pool: ReturnType<MakeKeys>[] = [];
let next = 0;

/** Keys of server certificates for tests: P-256 fresh, RSA from the pool. */
export const pooledKeys: MakeKeys = (keyType) => {
  if (keyType === "ec") return generateKeys("ec");
  const at = next++ % POOL;
  return pool[at] ??= generateKeys("rsa");
};
