import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { nullLogger } from "../../core/log.ts";
import { systemRandom } from "../../core/timers.ts";
import { LedgerBook } from "../../inventory/ledger/ledger_book.ts";
import { openStore } from "../../store/kv_store.ts";
import { resealAll } from "../../store/reseal.ts";
import { createSealBox, createSealer } from "../../store/sealer.ts";
import type { Store } from "../../store/store.ts";
import { SecretBook } from "../../vault/secret_book.ts";
import { openSigner } from "../audit/signer.ts";
import type { ControlContext, Sealer } from "../contract.ts";
import { DownloadBook } from "../devices/operations/download_book.ts";
import { PublicationBook } from "../firmware/publish/publication_book.ts";
import { hostKeys } from "../firmware/transfers/host_keys.ts";
import { RequestBook } from "../firmware/transfers/request_book.ts";
import { UploadBook } from "../firmware/transfers/upload_book.ts";

const OLD = new Uint8Array(32).fill(1), NEW = new Uint8Array(32).fill(2);
const FILE = "ab".repeat(16);

/** The parts of the gateway that seal something, over one store and one root key. */
async function partsOf(store: Store, sealer: Sealer, time: ManualTime, folder: string) {
  const context = { store, sealer, clock: time, random: systemRandom } as unknown as ControlContext;
  return {
    hostKeys: () => hostKeys(context),
    uploads: await UploadBook.open(context),
    requests: await RequestBook.open(context),
    publications: await PublicationBook.open(context),
    ledger: await LedgerBook.open({
      ...{ store, sealer, clock: time, log: nullLogger },
      pseudonym: () => Promise.resolve("p"),
      retentionDays: () => 400,
    }),
    downloads: await DownloadBook.open(context, folder),
    signer: await openSigner(store, sealer),
    secrets: await SecretBook.open(context),
  };
}

type Parts = Awaited<ReturnType<typeof partsOf>>;

/** Has every part seal something. */
async function fill(
  { uploads, requests, publications, ledger, downloads, secrets }: Parts,
  now: number,
): Promise<void> {
  await uploads.put({ id: "u1", createdAt: 1, key: "key of a log" } as never);
  await requests.put(
    { request: { id: "r1", state: "running" }, startedAt: 1, ask: { location: "https://u:p@x/" } } as never,
  );
  await publications.put({ publication: { id: "p1", state: "published" }, startedAt: 1, token: "t0k" } as never);
  const base = { stationId: "CP001", protocol: "ocpp2.0.1", transactionId: "t1", at: now } as const;
  await ledger.record([{ ...base, kind: "begin", signed: [{ value: "OCMF|1" }] }]);
  const kept = { file: FILE, fileName: "logs.zip", bytes: 7, sha256: "ab" };
  const place = { file: FILE, key: btoa("k".repeat(32)) };
  await downloads.keep(kept as never, place, { station: "CP001", what: "logs", who: "mia" });
  const value = { source: "brought", at: 1, by: "mia" } as const;
  await secrets.add(
    { subject: "bay-07", slot: "operator" } as never,
    "pa55",
    value,
    (one) => ({ subject: "bay-07", slot: "operator", has: {}, values: [one], since: 1, witnesses: [] }) as never,
  );
}

/** What each part says of what it keeps. */
async function said({ hostKeys, uploads, requests, publications, ledger, signer, secrets }: Parts) {
  return {
    hostKeys: await hostKeys(),
    uploads: uploads.all(),
    requests: requests.all(),
    publications: publications.all(),
    signed: await ledger.signedOf({ stationId: "CP001", id: "t1" } as never),
    signer: signer.publicPem,
    signature: await signer.sign("x"), // Ed25519: the same key gives the same bytes
    secret: await secrets.text({ subject: "bay-07", slot: "operator" } as never, 1),
  };
}

/** Every byte string of a store, with whether it stands in a value that a restore finds. */
function bytesIn(value: unknown, isFound = false): readonly (readonly [string, boolean])[] {
  if (value instanceof Uint8Array) return [[value.toBase64(), isFound]];
  if (typeof value !== "object" || value === null) return [];
  const has = (name: string) => Object.hasOwn(value, name);
  return Object.entries(value).flatMap(([name, one]) => bytesIn(one, name === "sealed" && has("context")));
}

Deno.test("restore: whatever a part of the gateway sealed opens under the new box's root key, and nothing is left under the old", async () => {
  const time = new ManualTime(), folder = await Deno.makeTempDir({ prefix: "bulkhead-resealed-" });
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const sealed = new Set<string>(), sealer = await createSealer(OLD, store);
  const seal = async (plain: Uint8Array, context: string) => {
    const bytes = await sealer.seal(plain, context);
    sealed.add(bytes.toBase64());
    return bytes;
  };
  const parts = await partsOf(store, { ...sealer, seal }, time, folder);
  await fill(parts, time.now());
  const before = await said(parts);
  deepEqual([before.signed.map(({ value }) => value), before.secret], [["OCMF|1"], "pa55"]);
  const written = await Array.fromAsync(store.list([], { limit: Infinity }));
  const bare = written.filter(({ value }) => bytesIn(value).some(([bytes, isFound]) => sealed.has(bytes) && !isFound));
  deepEqual(bare.map(({ key }) => key), []);
  ok(sealed.size >= 8, `${sealed.size} values were sealed`);

  const { resealed, unreadable } = await resealAll(store, await createSealBox(OLD), await createSealBox(NEW));
  deepEqual([resealed, unreadable], [sealed.size + 1, 0]); // and the secret that named keys derive from
  const after = await partsOf(store, await createSealer(NEW, store), time, folder);
  deepEqual(await said(after), before);
  equal(after.downloads.all().length, 1);
  await rejects(after.downloads.read(after.downloads.all()[0]!.id).next(), { code: "DEVICE_FILE_UNKNOWN" }); // its key opened
  await rejects(partsOf(store, { ...sealer, seal }, time, folder), { code: "SEAL_BROKEN" });
  await store.close();
  await Deno.remove(folder, { recursive: true });
});
