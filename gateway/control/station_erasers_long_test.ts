import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { searchDisk } from "../../tests/support/disk_search.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { systemRandom } from "../core/timers.ts";
import { dataFolders } from "../core/data_folders.ts";
import { AdoptionInbox } from "../inventory/adoption_inbox.ts";
import { LeaseBook } from "../inventory/dhcp/lease_book.ts";
import { LedgerBook } from "../inventory/ledger/ledger_book.ts";
import { OutageQueue } from "../inventory/outage/outage_queue.ts";
import { SecurityLog } from "../inventory/security/event_log.ts";
import { StationCredentials } from "../inventory/station_credentials.ts";
import { StationFacts } from "../inventory/station_facts.ts";
import { UpstreamRecords } from "../inventory/upstream/upstream_record.ts";
import { DeniedNames } from "../dns/control/denied_names.ts";
import { AccessBook } from "../people/access_book.ts";
import { RecordingFiles } from "../people/devices/recording_file.ts";
import { PostureBook } from "../posture/posture_book.ts";
import { openStore } from "../store/kv_store.ts";
import { KEYS } from "../store/keys.ts";
import { createSealer } from "../store/sealer.ts";
import type { LeavingStation } from "../store/station_eraser.ts";
import type { OpenedStore } from "../store/store.ts";
import { ResetCards } from "../vault/reset_cards.ts";
import { SecretBook } from "../vault/secret_book.ts";
import { createPseudonyms } from "./audit/pseudonyms.ts";
import type { ControlContext, Sealer } from "./contract.ts";
import { recordingFile } from "./data_paths.ts";
import { DefaultBook } from "./devices/operations/default_book.ts";
import { DeviceCatalogues } from "./devices/device_catalogues.ts";
import { DevicePins } from "./devices/device_pins.ts";
import { DownloadBook } from "./devices/operations/download_book.ts";
import { LoginBudget } from "./devices/login_budget.ts";
import { RequestBook } from "./firmware/transfers/request_book.ts";
import { UploadBook } from "./firmware/transfers/upload_book.ts";
import { STATION_ERASERS } from "./station_erasers.ts";

/** Two stations and one whose id begins like the first (invariant 11); all are planted, one leaves. */
const IDS = ["CP001", "CP0011", "CP002"] as const;
const LEAVING: LeavingStation = { id: "CP001", macs: ["02:00:00:00:00:01"], addresses: ["10.0.0.1"] };

/** What stands in files and names of one station, to be looked for afterwards: only it may have this. */
const markOf = (id: string) => `marker-of-${id}-`;

interface Planting {
  readonly store: OpenedStore;
  readonly sealer: Sealer;
  readonly context: ControlContext;
  readonly time: ManualTime;
  readonly dataDir: string;
}

/** Has every part of the gateway store something of a station, through the part's own door. */
async function plant({ store, sealer, context, time, dataDir }: Planting, id: string, index: number): Promise<void> {
  const mark = markOf(id), now = time.now();
  const secrets = await SecretBook.open(context);
  const value = { source: "brought", at: now, by: "mia" } as const;
  await secrets.add({ subject: id, slot: "operator" }, `${mark}password`, value, (one) => ({
    ...{ subject: id, slot: "operator", has: { [id]: one.number }, values: [one], since: now, witnesses: [] },
  }));
  await (await ResetCards.open(context)).add(id, {
    uid: `04A1B2C3D4E5F${index}`,
    custodian: mark,
    place: mark,
    by: "mia",
  });
  await (await UpstreamRecords.open(store, sealer)).put(id, "main", { organization: mark });
  await (await StationFacts.open(store)).learn(id, { vendor: mark });
  await new StationCredentials(store, {
    ...{ key: await sealer.derive("station-passwords"), randomBytes: systemRandom.bytes, hasher: undefined as never },
  }).set(id, new TextEncoder().encode(Buffer.from(systemRandom.bytes(20)).toString("hex")), now);
  await (await AdoptionInbox.open(store, time)).note({
    ...{ stationId: id, source: "10.0.0.1", listener: mark, tls: true, offeredProtocols: [] },
  } as never);
  const queue = await OutageQueue.open({
    ...{ store, sealer, clock: time, random: systemRandom },
    boundsOf: () => ({ messages: 10, bytes: 100_000, ageMs: 1e9 }),
  });
  await queue.learn(`${id} main`, { protocol: "ocpp1.6" });
  await queue.keep({
    stationId: id,
    csms: "main",
    action: "StatusNotification",
    text: `[2,"1","X",{"badge":"${mark}"}]`,
  });
  const ledger = await LedgerBook.open({
    ...{ store, sealer, clock: time, log: nullLogger, retentionDays: () => 400 },
    pseudonym: (station, badge, at) =>
      createPseudonyms(store, sealer, systemRandom)
        .replace({ event: "x", class: "charging", who: station, outcome: "ok", detail: { station, badge } }, at)
        .then(({ detail }) => String(detail!["badge"])),
  });
  const base = { stationId: id, protocol: "ocpp2.0.1", transactionId: "t1", at: now } as const;
  await ledger.record([{ ...base, kind: "begin", badge: `${mark}badge`, signed: [{ value: mark }] }]);
  await (await SecurityLog.open({ store, clock: time, retentionDays: () => 400 }))
    .add({ subject: id, type: "SettingSystemTime", origin: "station", info: mark });
  await plantAround({ store, sealer, context, time, dataDir }, id, index);
  await plantFiles({ store, sealer, context, time, dataDir }, id, index);
  await plantEntries(store, id, index);
}

/** What is too little to be worth its part's door: an entry as the part would write it. */
async function plantEntries(store: OpenedStore, id: string, index: number): Promise<void> {
  const mark = markOf(id);
  await store.commit([
    { set: [...KEYS.alarms, "posture.drifted", `${id} EV-23`], value: { detail: mark } },
    { set: [...KEYS.certificate, `0${index}`], value: { serial: `0${index}`, stationId: id, who: mark } },
    { set: [...KEYS.transactions, id], value: { open: [], knownFrom: 0 } },
    { set: [...KEYS.segmentation, "port", id], value: { switch: mark } },
    { set: [...KEYS.segmentation, "opening", `10.0.0.${index + 1}:22`], value: { stationId: id, reason: mark } },
    { set: [...KEYS.badges, "stopping", `${id} t1`], value: { stationId: id } },
    { set: [...KEYS.badges, "charging", `${id} t1`], value: { stationId: id, hash: mark } },
    { set: [...KEYS.badges, "uncleared", id], value: { since: 1, change: 1, said: mark } },
    { set: [...KEYS.badges, "settings", id], value: { at: 1, values: { mark } } },
    { set: [...KEYS.badges, "suspected", `h${index}`], value: { stationId: "x", elsewhere: id, kind: mark } },
    { set: [...KEYS.plan, "place", id], value: { floor: mark, x: 1, y: 1 } },
    {
      set: [...KEYS.firmwareCampaign, "unit", "fw-1", id],
      value: { id, parts: [{ station: id }], notes: [{ text: mark }] },
    },
    { set: [...KEYS.firmwareGrant, `g${index}`], value: { stationId: id, fileName: mark } },
    { set: [...KEYS.station, id], value: { id, model: mark } },
    { set: [...KEYS.posture, "fix", `f${index}`], value: { station: id, reason: mark } },
    {
      set: [...KEYS.posture, "rollout", `r${index}`],
      value: { stations: [id, "OTHER"], results: { [id]: { outcome: "failed", why: mark } } },
    },
    { set: [...KEYS.stationQuarantine, id], value: { because: mark } },
    { set: [...KEYS.securityLog, id], value: { why: mark } },
    { set: [...KEYS.incidents, "record", `i${index}`], value: { subject: id, timeline: [mark] } },
    { set: [...KEYS.incidents, "look", id], value: { at: 0, what: mark } },
    { set: [...KEYS.inspections, "assigned", `housing\n${id}`], value: { template: "housing", subject: id, by: mark } },
    { set: [...KEYS.inspections, "photo", `${index}f`, 0], value: new TextEncoder().encode(mark) },
    {
      set: [...KEYS.inspections, "record", `C-${index}`],
      value: { subject: id, person: mark, photos: [{ sha256: `${index}f` }] },
    },
    { set: [...KEYS.incidents, "recent", id], value: [mark] },
    { set: [...KEYS.incidents, "announced", `w${index}`], value: { station: id, reason: mark } },
  ]);
}

/** What the network, people and posture keep. */
async function plantAround({ store, time }: Planting, id: string, index: number): Promise<void> {
  const mark = markOf(id), now = time.now(), mac = `02:00:00:00:00:0${index + 1}`;
  const leases = new LeaseBook(store);
  const lease = {
    zone: "ot",
    address: 0x0a000001 + index,
    mac,
    state: "bound",
    kind: "reservation",
    hostname: mark,
  } as const;
  await leases.commit("dhcp", [{ ...lease, since: now, renewedAt: now, expiresAt: now + 1 }]);
  await (await DeniedNames.open(store, time)).take([{
    ...{ source: `10.0.0.${index + 1}`, station: id, name: `${mark}.example`, type: "A", rule: "dns.x", reason: "x" },
    ...{ count: 1, firstAt: now, lastAt: now },
  } as never]);
  const access = await AccessBook.open(store);
  const grant = { who: {}, deviceRoles: [], capabilities: [], when: { kind: "always" }, secondFactor: false } as const;
  const rest = { maxMinutes: 1, because: mark };
  await access.addGrant({ ...grant, ...rest, id: `g-${id}`, stations: { ids: [id] } } as never, "mia", now);
  await access.addRequest({ id: `r-${id}`, station: id, reason: mark, state: "pending", createdAt: now } as never);
  const posture = await PostureBook.open(store, time);
  await posture.putSubject(id, { at: now, findings: [], read: { [mark]: { is: "absent", at: now } } });
  await posture.confirm(id, "EV-23", { who: "mia", isSo: true, note: mark });
  await (await DevicePins.open(store)).keepPresented(id, new TextEncoder().encode(mark), now);
  await (await DeviceCatalogues.open(store)).keep(id, { firmware: mark, at: now, settings: [] });
  await (await LoginBudget.open(store, systemRandom)).begin({ station: id, role: "operator", secret: mark }, now);
  await (await DefaultBook.open(store)).put({ station: id, role: "operator", name: mark, at: now });
}

/** Files beside the store, sealed or not. */
async function plantFiles({ store, sealer, context, dataDir }: Planting, id: string, index: number): Promise<void> {
  const mark = markOf(id), file = `${index}`.repeat(32), folders = dataFolders({ dataDir });
  for (const folder of [folders.downloads, folders.uploads]) {
    await Deno.writeTextFile(`${folder}/${file}`, `${mark}log`);
  }
  const downloads = await DownloadBook.open(context, folders.downloads);
  const place = { file, key: Buffer.from("k".repeat(32)).toString("base64") };
  await downloads.keep({ file, fileName: "logs.zip", bytes: 7, sha256: "ab" } as never, place, {
    ...{ station: id, what: "logs", who: "mia" },
  });
  const uploads = await UploadBook.open({ store, sealer });
  await uploads.put({ id: `u${index}`, stationId: id, file, key: mark, createdAt: 1 } as never);
  const requests = await RequestBook.open({ store, sealer });
  const request = { id: `q${index}`, stationId: id, state: "running", telling: [] };
  await requests.put({ request, startedAt: 1, ask: { location: mark } } as never);
  await new RecordingFiles(dataDir, sealer).append(`rec-${index}`, [{ path: mark } as never]);
  await store.commit([{
    set: [...KEYS.people, "recording", `rec-${index}`],
    value: { id: `rec-${index}`, station: id },
  }]);
  const line = { resource: { station: { id } }, version: "ocpp1.6", messages: [], missed: 0, also: mark };
  await Deno.mkdir(`${dataDir}/policy`, { recursive: true });
  await Deno.writeTextFile(recordingFile({ dataDir }), `${JSON.stringify(line)}\n`, { append: true });
}

async function withPlanted(run: (planting: Planting) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "bulkhead-erasers-" }), time = new ManualTime();
  for (const folder of Object.values(dataFolders({ dataDir }))) await Deno.mkdir(folder, { recursive: true });
  const store = await openStore({ path: `${dataDir}/store/bulkhead.kv`, clock: time, timers: time });
  const sealer = await createSealer(new Uint8Array(32).fill(1), store);
  const context = {
    ...{ store, sealer, clock: time, timers: time, random: systemRandom, log: nullLogger, metrics: nullMetrics },
    ...{ box: { dataDir }, audit: { record: () => Promise.resolve({ sequence: 1 }) } },
  } as unknown as ControlContext;
  const planting = { store, sealer, context, time, dataDir };
  try {
    for (const [index, id] of IDS.entries()) await plant(planting, id, index);
    await run(planting);
  } finally {
    await store.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("EV-30: every eraser takes what its part of the gateway stored of the station, and nothing of another", () =>
  withPlanted(async ({ store, sealer, dataDir }) => {
    const place = { store, sealer, dataDir, needles: [] as Uint8Array[] };
    const counts = async (station: LeavingStation) =>
      new Map(
        await Promise.all(
          STATION_ERASERS.map(async (eraser) => [eraser.name, await eraser.leftOf(place, station)] as const),
        ),
      );
    const others: LeavingStation[] = [
      { id: "CP0011", macs: ["02:00:00:00:00:02"], addresses: ["10.0.0.2"] },
      { id: "CP002", macs: ["02:00:00:00:00:03"], addresses: ["10.0.0.3"] },
    ];
    const [before, ...kept] = await Promise.all([LEAVING, ...others].map(counts));
    const unseen = STATION_ERASERS.map(({ name }) => name).filter((name) => before!.get(name) === 0);
    deepEqual(unseen, NOT_PLANTED, "a new eraser is planted above");
    for (const eraser of STATION_ERASERS) await eraser.erase(place, LEAVING);
    deepEqual([...(await counts(LEAVING)).values()].filter((left) => left > 0), []);
    for (const [index, other] of others.entries()) deepEqual(await counts(other), kept[index], other.id);
    ok(place.needles.length >= 8, `${place.needles.length} sealed values were erased`);
    for (const eraser of STATION_ERASERS) {
      deepEqual(await eraser.erase(place, LEAVING), { entries: 0, files: 0 }, eraser.name);
    }
    equal(await store.scrub(), true);
    const ledger = await Array.fromAsync(store.list([...KEYS.ledger, "CP001"]));
    equal(ledger.length, 1, "what was billed is kept");
    deepEqual(await searchDisk(dataDir, { marker: markOf("CP001"), card: "04A1B2C3D4E5F0" }), []);
    ok((await searchDisk(dataDir, { marker: markOf("CP002") })).length > 0, "others are still there");
  }));

/** Nothing of these is planted: they hold what the entries beside them hold, by the same rule. */
const NOT_PLANTED: readonly string[] = [
  "inventory.adoption",
  "inventory.climb",
  "inventory.lowering",
  "inventory.profile",
  "inventory.raised",
  "inventory.replacement",
  "inventory.retired",
  "inventory.migration",
  "people.leases",
  "people.tunnels",
  "people.device-sessions",
  "devices.lease",
  "dhcp.devices",
  "dhcp.inbox",
];

Deno.test("EV-30: what others share stays theirs: grants, units, campaigns", () =>
  withPlanted(async ({ store, sealer, dataDir }) => {
    const place = { store, sealer, dataDir };
    const stations = { ids: ["CP001", "CP002"], vendors: ["bender"] };
    await store.commit([
      { set: [...KEYS.people, "grant", "both"], value: { id: "both", stations } },
      { set: [...KEYS.people, "grant", "unit"], value: { id: "unit", stations: { units: ["bay-07"] } } },
      {
        set: [...KEYS.firmwareCampaign, "unit", "fw-1", "bay-07"],
        value: { parts: [{ station: "CP001" }, { station: "CP002" }] },
      },
      { set: [...KEYS.vault, "secret", "bay-07\noperator"], value: { subject: "bay-07", has: { CP001: 1, CP002: 1 } } },
      { set: [...KEYS.vault, "key", "bay-07"], value: {} },
    ]);
    for (const eraser of STATION_ERASERS) await eraser.erase(place, LEAVING);
    const value = async (...key: string[]) => (await store.get(key))?.value;
    deepEqual(await value("people", "grant", "both"), {
      id: "both",
      stations: { ids: ["CP002"], vendors: ["bender"] },
    });
    ok(await value("people", "grant", "unit"), "another part of the unit is still there");
    deepEqual(await value("firmwareCampaign", "unit", "fw-1", "bay-07"), { parts: [{ station: "CP002" }] });
    deepEqual(await value("vault", "secret", "bay-07\noperator"), { subject: "bay-07", has: { CP002: 1 } });
    ok(await value("vault", "key", "bay-07"));
    for (const eraser of STATION_ERASERS) {
      await eraser.erase(place, { id: "CP002", unit: "bay-07", macs: [], addresses: [] });
    }
    equal(await value("vault", "key", "bay-07"), undefined, "the last part takes the unit's key along");
    equal(await value("people", "grant", "unit"), undefined);
    deepEqual(await value("people", "grant", "both"), { id: "both", stations: { vendors: ["bender"] } });
  }));
