import { CountedStore } from "../../../../tests/support/counted_store.ts";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { Site } from "../../../config/schema.ts";
import type { ControlContext, Sealer } from "../../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../../core/control_api.ts";
import { nullLogger } from "../../../core/log.ts";
import { nullMetrics } from "../../../core/metrics.ts";
import { systemRandom } from "../../../core/timers.ts";
import { openStore } from "../../../store/kv_store.ts";
import { createSealer } from "../../../store/sealer.ts";
import { LiveSessions } from "../../live_sessions.ts";
import { Stations } from "../../stations.ts";
import { createOutageFeature } from "../feature.ts";

/** A site with one store-and-forward CSMS; the mode of offline authorisation may differ. */
export function outageSite(offlineAuthorisation = "csms-only", queue: Record<string, number> = {}): Site {
  return Site.parse({
    version: 1,
    site: { id: "lab" },
    ocpp: {
      listeners: [{ listen: "127.0.0.1:8445", plaintext: "isolated-segment" }],
      csms: [{ id: "main", url: "wss://csms.example/ocpp", onLoss: "store-and-forward", offlineAuthorisation, queue }],
    },
    stations: ["CP001", "CP002"].map((id) => ({
      id,
      ocpp: { protocols: ["ocpp1.6"], securityProfile: 1, passwordFile: id, csms: "main" },
    })),
  });
}

/** The store and sealer of one box: they outlive a feature, as they outlive a process. */
export async function outageBox() {
  const time = new ManualTime();
  const store = new CountedStore(await openStore({ path: ":memory:", clock: time, timers: time }));
  const sealer = await createSealer(new Uint8Array(32).fill(7), store);
  return { time, store, sealer };
}

/** What outageBox makes. */
export type OutageBox = { readonly time: ManualTime; readonly store: CountedStore; readonly sealer: Sealer };

/** The outage feature on a box, with Workers, audit and alarms that only remember. */
export async function outageRig(
  box: OutageBox,
  { site = outageSite(), synchronised }: { site?: Site; synchronised?: () => Promise<boolean> } = {},
) {
  const audited: AuditEvent[] = [];
  const raised: AlarmRaise[] = [];
  const cleared: string[] = [];
  const calls: { readonly worker: string; readonly method: string; readonly args: unknown }[] = [];
  /** What Workers answer by method; absent: nothing. */
  const answers: Record<string, (args: unknown) => unknown> = {};
  const context = {
    site,
    clock: box.time,
    timers: box.time,
    random: systemRandom,
    log: nullLogger,
    metrics: nullMetrics,
    store: box.store,
    sealer: box.sealer,
    audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }) },
    alarms: {
      raise: (alarm: AlarmRaise) => Promise.resolve(void raised.push(alarm)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
    workers: {
      of: (conduit: string) => conduit === "ocpp" ? ["ocpp-0"] : [],
      get: (worker: string) => ({
        call: (method: string, args: unknown) => {
          calls.push({ worker, method, args });
          return Promise.resolve(answers[method]?.(args));
        },
      }),
    },
  } as unknown as ControlContext;
  const live = new LiveSessions();
  const feature = await createOutageFeature({
    context,
    stations: await Stations.open(box.store, site),
    live,
    ...synchronised ? { synchronised } : {},
    redact: (text) => text.replace(/"idTag":"[^"]*"/, '"idTag":"[stripped]"'),
  });
  const handlers = feature.handlers!;
  const command = (name: string, args: Record<string, string | boolean> = {}) => feature.commands![name]!(args, "eva");
  return { feature, handlers, command, live, answers, audited, raised, cleared, calls };
}

/** A 1.6 StartTransaction as a station writes it. */
export const start = (id: string, badge = "04A1", meterStart = 0): string =>
  `[2,"${id}","StartTransaction",{"connectorId":1,"idTag":"${badge}","meterStart":${meterStart},"timestamp":"2026-11-21T08:00:00Z"}]`;

/** A 1.6 MeterValues. */
export const meter = (id: string, value: number): string =>
  `[2, "${id}","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-11-21T08:00:00Z","sampledValue":[{"value":"${value}"}]}]}]`;
