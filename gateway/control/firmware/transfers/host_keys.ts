import { generateKeyPairSync } from "node:crypto";
import { KEYS } from "../../../store/keys.ts";
import { getSealed, putSealed } from "../../../store/sealer.ts";
import type { ControlContext } from "../../contract.ts";

/** The keys that the SFTP server for stations shows: made once, kept sealed, so that a station may remember them. */
export async function hostKeys(
  { store, sealer }: Pick<ControlContext, "sealer" | "store">,
): Promise<{ readonly keys: readonly string[] }> {
  const stored = await getSealed(store, sealer, KEYS.firmwareHostKeys);
  if (stored) return { keys: JSON.parse(new TextDecoder().decode(stored)) };
  // RSA for old clients. ssh2 reads the forms of OpenSSL before PKCS #8.
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 3_072 }).privateKey.export({ type: "pkcs1", format: "pem" });
  const keys = [String(ec), String(rsa)];
  await putSealed(store, sealer, KEYS.firmwareHostKeys, new TextEncoder().encode(JSON.stringify(keys)));
  return { keys };
}
