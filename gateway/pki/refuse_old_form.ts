import { readCertificate } from "./certificate.ts";

/**
 * Why a server's certificate is not taken for its form; undefined when it is of version 3. For `checkServerIdentity`: Deno 2.9.6 does
 * not check that the holder of an X.509 v1 or v2 certificate has its key (facts: security F1).
 */
export function refuseOldForm({ raw }: { readonly raw?: Uint8Array }): Error | undefined {
  const version = raw ? readCertificate(new Uint8Array(raw)).version : 0;
  return version === 3 ? undefined : new Error(`the certificate is of version ${version}, wanted 3`);
}
