import { Buffer } from "node:buffer";
import { CountedStore } from "../../../tests/support/counted_store.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { ControlContext, WorkerState } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent, StationAttempt } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { nullLogger } from "../../core/log.ts";
import { nullMetrics } from "../../core/metrics.ts";
import { systemRandom } from "../../core/timers.ts";
import { createSealer } from "../../store/sealer.ts";
import { openStore } from "../../store/kv_store.ts";
import { createInventoryFeature } from "../feature.ts";

/** A call that control made to a Worker. */
export interface WorkerCall {
  readonly worker: string;
  readonly method: string;
  readonly args: unknown;
}

/** Answers of the fake Workers, by method, or by "worker method" for one of them. */
export type WorkerAnswers = Record<string, (args: never) => unknown>;
/** What main says of the OCPP Workers; a test may add some. */
export type WorkerStates = Record<string, WorkerState>;

const SITE = {
  version: 1,
  site: { id: "lab" },
  ocpp: {
    listeners: [{ listen: "127.0.0.1:8444", tls: {} }, { listen: "127.0.0.1:8445", plaintext: "isolated-segment" }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp", caFile: "ca.pem" }],
  },
  stations: [
    {
      id: "CP001",
      address: "10.0.0.1",
      ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: "cp001", csms: "main" },
    },
    { id: "CP003", ocpp: { protocols: ["ocpp2.0.1"], securityProfile: 3, csms: "main" } },
    {
      id: "CP004",
      ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, csms: "main", upstreamPasswordFile: "cp004-up" },
    },
  ],
};

const LISTENING = { "ocpp:tls": "wss://127.0.0.1:8444", "ocpp:plain": "ws://127.0.0.1:8445" };

/** Workers that answer from the table and remember every call. */
function fakeWorkers(answers: WorkerAnswers, calls: WorkerCall[], states: WorkerStates) {
  return {
    names: () => [...Object.keys(states), "hasher"],
    of: (conduit: string) => conduit === "ocpp" ? Object.keys(states) : [],
    get: (worker: string) => ({
      call: (method: string, args: unknown) => {
        calls.push({ worker, method, args });
        const answer = answers[`${worker} ${method}`] ?? answers[method];
        return answer
          ? Promise.resolve(answer(args as never))
          : Promise.reject(new GatewayError("RPC_UNKNOWN_METHOD", method));
      },
    }),
  };
}

/** What the Workers answer when a test does not say otherwise. */
function usualAnswers(): WorkerAnswers {
  return {
    "sessions.close": () => ({ closed: 1 }),
    "sessions.probe": () => ({ alive: false }),
    "stations.live": () => [],
    "handshake.last": () => ({}),
    "handshake.recent": () => ({ faults: [] }),
    "flight.export": () => ({ lines: "" }),
    "hasher.hash": ({ password }: { password: string }) => ({ hash: `slow:${password}` }),
    "hasher.verify": ({ password, hash }: { password: string; hash: string }) => ({ ok: hash === `slow:${password}` }),
  };
}

/** A site CA that signs everything, for stations that climb. */
function signingPki() {
  const pki = {
    issued: [] as string[],
    revoked: [] as string[],
    issue: (stationId: string) => {
      pki.issued.push(stationId);
      return Promise.resolve({ pem: `chain of ${stationId}`, serial: `serial-${pki.issued.length}` });
    },
    revoke: (serial: string) => Promise.resolve(void pki.revoked.push(serial)),
    rootOf: () => ({ pem: "-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n", keyType: "ec" as const }),
  };
  return pki;
}

/** The inventory feature on a store in memory, with fake Workers, audit and alarms that only remember. */
export async function inventoryRig(files: Record<string, string> = {}) {
  const time = new ManualTime();
  const store = new CountedStore(await openStore({ path: ":memory:", clock: time, timers: time }));
  const audited: AuditEvent[] = [];
  const raised: AlarmRaise[] = [];
  const cleared: string[] = [];
  const calls: WorkerCall[] = [];
  const answers = usualAnswers();
  const states: WorkerStates = { "ocpp-0": { state: "ready", restarts: 0, listening: LISTENING } };
  const pki = signingPki();
  const contents: Record<string, string> = {
    "cp001": PASSWORD,
    "cp004-up": "upstream-secret-of-cp004",
    "ca.pem": "CA",
    ...files,
  };
  const context = {
    site: Site.parse(SITE),
    clock: time,
    timers: time,
    random: systemRandom,
    log: nullLogger,
    metrics: nullMetrics,
    store,
    sealer: await createSealer(new Uint8Array(32), store),
    audit: {
      record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }),
    },
    alarms: {
      raise: (alarm: AlarmRaise) => Promise.resolve(void raised.push(alarm)),
      clear: (kind: string, subject: string) => Promise.resolve(void cleared.push(`${kind} ${subject}`)),
    },
    workers: fakeWorkers(answers, calls, states),
    disk: { level: "ok" },
    main: { call: () => Promise.resolve(states) },
    files: {
      bytes: (path: string) => new Uint8Array(Buffer.from(contents[path] ?? "")),
      text: (path: string) => contents[path] ?? "",
    },
  } as unknown as ControlContext;
  const feature = await createInventoryFeature(context, pki);
  const admit = async (attempt: Partial<StationAttempt> = {}) =>
    await feature.handlersFor!("ocpp-0")["stations.admit"]!({ ...ATTEMPT, ...attempt });
  /** Admits and opens the connection, as a Worker does when both legs stand. */
  const connect = async (attempt: Partial<StationAttempt> = {}) => {
    const admission = await admit(attempt);
    if (admission.admit) await entered(admission.session, attempt.offeredProtocols?.[0]);
    return admission;
  };
  const entered = (session: string, protocol = "ocpp1.6") =>
    feature.handlersFor!("ocpp-0")["stations.entered"]!({ session, protocol });
  const command = (name: string, args: Record<string, string | boolean> = {}) => feature.commands![name]!(args, "eva");
  return {
    time,
    store,
    pki,
    context,
    feature,
    audited,
    raised,
    cleared,
    calls,
    answers,
    states,
    admit,
    connect,
    entered,
    command,
  };
}

/** A rig as inventoryRig makes it. */
export type InventoryRig = Awaited<ReturnType<typeof inventoryRig>>;

/** The body of a test that runs on a rig of its own. */
export function withInventory(test: (rig: InventoryRig) => Promise<void>): () => Promise<void> {
  return async () => {
    const rig = await inventoryRig();
    try {
      await test(rig);
    } finally {
      await rig.store.close();
    }
  };
}

/** The password of CP001, as its file holds it. */
export const PASSWORD = "5f3a9c0d1e7b284655aa90fe31c4d7b2e8f06a1c";

/** HTTP Basic as the OCPP Worker passes it on. */
export function basic(user: string, password: string | Uint8Array): NonNullable<StationAttempt["basic"]> {
  const base64 = (value: string | Uint8Array) => Buffer.from(value).toString("base64");
  return { user: base64(user), password: base64(password) };
}

/** CP001 as it should come. */
export const ATTEMPT: StationAttempt = {
  listener: "127.0.0.1:8444",
  source: "10.0.0.1",
  stationId: "CP001",
  tls: true,
  basic: basic("CP001", PASSWORD),
  offeredProtocols: ["ocpp1.6"],
};
