import { generateKeyPairSync } from "node:crypto";
import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";

const CONTEXT = "firmware sftp host keys";

/** The keys that the SFTP server for stations shows: made once, kept sealed, so that a station may remember them. */
export async function hostKeys(
  { store, sealer }: Pick<ControlContext, "sealer" | "store">,
): Promise<{ readonly keys: readonly string[] }> {
  const stored = await store.get<Uint8Array>([...KEYS.firmwareHostKeys]);
  if (stored) return { keys: JSON.parse(new TextDecoder().decode(await sealer.unseal(stored.value, CONTEXT))) };
  // RSA for old clients. ssh2 reads the forms of OpenSSL before PKCS #8.
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 3_072 }).privateKey.export({ type: "pkcs1", format: "pem" });
  const keys = [String(ec), String(rsa)];
  const value = await sealer.seal(new TextEncoder().encode(JSON.stringify(keys)), CONTEXT);
  await store.commit([{ set: [...KEYS.firmwareHostKeys], value }]);
  return { keys };
}
