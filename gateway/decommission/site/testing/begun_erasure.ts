import { openSigner } from "../../../control/audit/signer.ts";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { openStore } from "../../../store/kv_store.ts";
import { createSealer } from "../../../store/sealer.ts";
import { createErasureKey, ENDORSEMENT_PREFIX } from "../certificate.ts";
import { beginErasing } from "../erase_site.ts";
import { heldIn } from "../held.ts";

/** When it is, for the certificate. */
export const clock = { now: () => Date.UTC(2026, 10, 21, 20) };
const HEAD = { seq: 9, hash: "ab".repeat(32) };

/** An erasure that was begun in a folder; disposed of with all of it. */
export interface BegunErasure extends AsyncDisposable {
  readonly folder: string;
  readonly dataDir: string;
  readonly certificateFile: string;
  /** Public key of the audit chain that vouched for the erasure's. */
  readonly auditPem: string;
}

/** A data folder as a gateway leaves it, files of site.yaml beside it (`secret` goes, `kept` stays), and an erasure that has begun. */
export async function beginIn(folder: string): Promise<BegunErasure> {
  const dataDir = `${folder}/data`, certificateFile = `${folder}/out/erased.json`;
  for (const name of ["data/keys", "data/store", "data/firmware/images", "out"]) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  }
  for (const name of ["data/keys/root.key", "data/store/bulkhead.kv", "data/firmware/images/a", "data/odd", "secret"]) {
    await Deno.writeTextFile(`${folder}/${name}`, `a secret in ${name}`);
  }
  await Deno.writeTextFile(`${folder}/kept`, "not asked for");
  await Deno.symlink(`${folder}/kept`, `${dataDir}/link`);
  const key = await createErasureKey(), { endorsement, auditPem } = await endorsed(key.publicPem);
  const said = { document: "certificate of erasure of a gateway", site: "garage", audit: { head: HEAD }, notDone: [] };
  const outside = [{ path: `${folder}/secret`, how: "erase" }, { path: `${folder}/kept`, how: "left" }] as const;
  const held = await heldIn(dataDir);
  const progress = { form: 1, site: "garage", certificateFile, said, endorsement, outside, ...held } as const;
  await beginErasing({ dataDir, clock }, progress, key.pkcs8);
  const dispose = () => Deno.remove(folder, { recursive: true });
  return { folder, dataDir, certificateFile, auditPem, [Symbol.asyncDispose]: dispose };
}

/** The audit chain's key of a gateway that vouches for that of its erasure. */
async function endorsed(publicPem: string) {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const signer = await openSigner(store, await createSealer(new Uint8Array(32).fill(1), store));
    const text = JSON.stringify({ site: "garage", publicPem, head: HEAD });
    const signature = await signer.sign(ENDORSEMENT_PREFIX + text);
    return { endorsement: { text, keyId: signer.keyId, signature }, auditPem: signer.publicPem };
  } finally {
    await store.close();
  }
}
