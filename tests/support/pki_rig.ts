import { parse } from "yaml";
import { Site } from "../../gateway/config/schema.ts";
import type { CommandArgs, CommandResult, ControlContext } from "../../gateway/control/contract.ts";
import type { AlarmRaise, AuditEvent, ListenerTrust } from "../../gateway/core/control_api.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom } from "../../gateway/core/timers.ts";
import { createPkiFeature, type PkiFeature } from "../../gateway/pki/feature.ts";
import { openStore } from "../../gateway/store/kv_store.ts";
import { createSealer } from "../../gateway/store/sealer.ts";
import { CountedStore } from "./counted_store.ts";
import { ManualTime } from "./manual_time.ts";
import { pooledKeys } from "./pooled_keys.ts";
import { makeTestCsr } from "./test_ca.ts";

/** Control's surroundings for tests of pki: a store in memory, manual time, Workers that note what they are told. */
export interface PkiRig extends AsyncDisposable {
  readonly context: ControlContext;
  readonly time: ManualTime;
  readonly store: CountedStore;
  readonly files: Map<string, string>;
  readonly audited: AuditEvent[];
  readonly alarms: (AlarmRaise & { readonly cleared?: boolean })[];
  readonly told: { readonly worker: string; readonly listener: string; readonly trust: ListenerTrust }[];
  readonly closed: string[];
  /** Makes Workers refuse what they are told, with this error if one is given. */
  refuse: boolean | Error;
  /** Takes another site.yaml, as a reload would. */
  useSite(yaml: string): Site;
}

/** Builds the rig around a site.yaml text. */
export async function createPkiRig(yaml: string, start = Date.UTC(2026, 0, 1)): Promise<PkiRig> {
  const time = new ManualTime(start);
  const store = new CountedStore(await openStore({ path: ":memory:", clock: time, timers: time }));
  const sealer = await createSealer(new Uint8Array(32).fill(7), store);
  let site = Site.parse(parse(yaml));
  const rig: Omit<PkiRig, "context"> & { context?: ControlContext } = {
    ...{ time, store, files: new Map(), audited: [], alarms: [], told: [], closed: [], refuse: false },
    useSite: (text) => site = Site.parse(parse(text)),
    [Symbol.asyncDispose]: () => store.close(),
  };
  const call =
    (worker: string) => (method: string, args: { listener: string; trust: ListenerTrust; stationIds: string[] }) => {
      if (rig.refuse) return Promise.reject(rig.refuse === true ? new Error("the self-test failed") : rig.refuse);
      if (method === "trust.changed") rig.told.push({ worker, ...args });
      else rig.closed.push(...args.stationIds);
      return Promise.resolve();
    };
  const text = (path: string) => {
    const found = rig.files.get(path);
    if (found === undefined) throw new Error(`the test has no file "${path}"`);
    return found;
  };
  const context = {
    get site() {
      return site;
    },
    box: { configFile: "site.yaml", configDir: ".", dataDir: "data" },
    ...{ clock: time, timers: time, random: systemRandom, log: nullLogger, metrics: nullMetrics, store, sealer },
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: rig.audited.push(event) }) },
    alarms: {
      raise: (alarm: AlarmRaise) => Promise.resolve(void rig.alarms.push(alarm)),
      clear: (kind: string, subject: string) => Promise.resolve(void rig.alarms.push({ kind, subject, cleared: true })),
    },
    workers: {
      names: () => ["ocpp-0", "console"],
      of: (conduit: string) => conduit === "ocpp" ? ["ocpp-0"] : conduit === "console" ? ["console"] : [],
      get: (worker: string) => ({ call: call(worker) }),
    },
    files: { text, bytes: (path: string) => new TextEncoder().encode(text(path)) },
  } as unknown as ControlContext;
  return Object.assign(rig, { context });
}

/** A site with a console and one OCPP listener on loopback. */
export const PKI_SITE = `
version: 1
site: { id: garage-12 }
console: { listen: "127.0.0.1:8443", hostname: gw.garage-12.example }
stations:
  - { id: CP001, vendor: bender, model: CC613, ocpp: { protocols: [ocpp1.6], securityProfile: 3, csms: main } }
  - { id: CP002, vendor: bender, model: CC613, ocpp: { protocols: [ocpp1.6], securityProfile: 3, csms: main } }
ocpp:
  listeners:
    - { id: ot, listen: "127.0.0.1:8444", tls: {} }
  csms:
    - { id: main, url: "wss://csms.example/ocpp" }
`;

/** The pki feature with keys from the pool. */
export function openPki(context: ControlContext): Promise<PkiFeature> {
  return createPkiFeature(context, pooledKeys);
}

/** Runs a test with the rig and the pki feature on it; `prepare` puts files there first. */
export async function withPki(
  yaml: string,
  run: (pki: PkiFeature, rig: PkiRig) => Promise<void>,
  prepare: (rig: PkiRig) => void = () => {},
): Promise<void> {
  await using rig = await createPkiRig(yaml);
  prepare(rig);
  const pki = await openPki(rig.context);
  try {
    await run(pki, rig);
  } finally {
    await pki.stop!();
  }
}

/** Runs one of its commands as Eva. */
export function runCert(pki: PkiFeature, name: string, args: CommandArgs = {}): Promise<CommandResult> {
  return pki.commands![name]!(args, "eva");
}

/** Has a station certificate issued. */
export async function issueCert(
  pki: PkiFeature,
  station = "CP001",
  csr = makeTestCsr([["O", "CPO"], ["CN", station]]).csrPem,
): Promise<{ readonly serial: string; readonly pem: string }> {
  const { data } = await runCert(pki, "cert issue", { station, csr });
  return data as { readonly serial: string; readonly pem: string };
}
