import { waitFor } from "../../../../tests/support/wait_for.ts";
import { Site } from "../../../config/schema.ts";
import type { CsmsCall, Json, StationCall, StationCallAnswer } from "../../../core/control_api.ts";
import type { ImageRecord, ImageSource, ImageVault, IntakeResult, VerdictStep } from "../../../core/firmware_api.ts";
import type { FileRequest, GrantClaim } from "../../../core/firmware_transfer_api.ts";
import { inventoryRig } from "../../../inventory/testing/inventory_rig.ts";
import type { ControlContext } from "../../contract.ts";
import { StationFeed } from "../station_feed.ts";
import { mortal } from "./mortal_context.ts";
import { createTransferFeature, type TransferParts } from "../transfers/feature.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";

/** A name for an image. */
export const SHA = "ab".repeat(32);

/** An image in the vault of the rig. */
export const IMAGE: ImageRecord = {
  sha256: SHA,
  sizeBytes: 1_000,
  vendor: "bender",
  models: [],
  version: "2.0",
  fileName: "fw 2.0.deb",
  state: "verified",
  evidence: ["ocpp-signature"],
  addedAt: 0,
  source: "test",
  who: "eva",
  releasedBy: [],
  hasSbom: false,
};

const GOOD: VerdictStep = { id: "certificate", title: "Signing certificate", outcome: "ok", detail: "good" };

/** A vault that does as the test says. */
export class FakeVault implements ImageVault {
  readonly records = new Map<string, ImageRecord>([[SHA, IMAGE]]);
  readonly asked: { readonly source: ImageSource; readonly who: string }[] = [];
  readonly withdrawals: string[] = [];
  certificate: VerdictStep = GOOD;
  /** Intakes begin and never end. */
  isStuck = false;
  /** What the next intakes say; a fault is thrown. */
  result: IntakeResult | Error = {
    verdict: { outcome: "verified", rule: "firmware.verified", why: "signed", steps: [], evidence: ["ocpp-signature"] },
    image: IMAGE,
  };
  #listeners: ((sha256: string, why: string) => void)[] = [];

  images = () => [...this.records.values()];
  image = (sha256: string) => this.records.get(sha256);
  verdict = () => Promise.resolve(undefined);
  papers = () => Promise.resolve(undefined);
  rehash = () => Promise.resolve({ unchanged: true });
  judgeCertificate = () => this.certificate;
  intake = (source: ImageSource, who: string) => {
    this.asked.push({ source, who });
    if (this.isStuck) return new Promise<never>(() => {});
    return this.result instanceof Error ? Promise.reject(this.result) : Promise.resolve(this.result);
  };
  withdraw = (sha256: string, why: string) => {
    this.withdrawals.push(`${sha256.slice(0, 4)} ${why}`);
    this.records.set(sha256, { ...this.records.get(sha256)!, state: "withdrawn" });
    for (const listener of this.#listeners) listener(sha256, why);
    return Promise.resolve();
  };
  onWithdrawn = (listener: (sha256: string, why: string) => void) => {
    this.#listeners.push(listener);
    return () => {};
  };

  /** The next intakes end so. */
  judges(outcome: "verified" | "held" | "refused", rule: string, why = "why"): void {
    const verdict = { outcome, rule, why, steps: [], evidence: [] };
    this.result = outcome === "refused" ? { verdict } : { verdict, image: this.records.get(SHA)! };
  }
}

const SITE = {
  version: 1,
  site: { id: "lab" },
  ocpp: {
    listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  },
  firmware: {
    listen: "10.20.0.1:8446",
    parallelDownloads: 1,
    exceptions: [
      { protocol: "ftp", listen: "10.20.0.1:2121", models: ["esp/*"], plaintext: "isolated-segment" },
      { protocol: "http", listen: "10.20.0.1:8447", models: ["beny/*"], plaintext: "isolated-segment" },
    ],
    fetchHosts: [{ host: "files.bender.example", vendor: "bender" }],
    uploadHosts: [{ host: "logs.csms.example", schemes: ["https", "sftp"] }],
  },
  stations: ["CP001", "CP003", "CP004"].map((id) => ({
    id,
    vendor: "bender",
    model: "CC613",
    address: `10.0.0.${id.at(-1)}`,
    ocpp: { protocols: ["ocpp1.6", "ocpp2.0.1"], securityProfile: 3, csms: "main" },
  })),
};

/** Stations and CSMSs behind the Workers, which answer as the test says and remember. */
function workersThatAnswer({ answers }: Pick<Awaited<ReturnType<typeof inventoryRig>>, "answers">) {
  const calls: StationCall[] = [],
    own: CsmsCall[] = [],
    told: { readonly action: string; readonly payload: Record<string, Json> }[] = [];
  const state = {
    /** What stations answer. */
    station: { result: { status: "Accepted" } } as Json,
    /** What comes of telling a CSMS; a promise: it has heard it, and its answer is not there yet. */
    csms: "answered" as string | Promise<string>,
    /** What CSMSs answer to the gateway itself; a promise: they have heard it, and the answer is not there yet. */
    controller: { result: {} } as StationCallAnswer | Promise<StationCallAnswer>,
    /** What a station is at, beside nothing. */
    activity: new Map<string, { state: string; why?: string }>(),
    reserved: new Set<string>(),
    /** Transactions that control knows of. */
    transactions: new Map<string, string>(),
    minuteOfWeek: 0,
    forwards: [] as Record<string, Json>[],
    forwardFault: undefined as Error | undefined,
  };
  Object.assign(answers, {
    "station.call": (call: StationCall) => (calls.push(call), state.station),
    "station.tell": async (call: StationCall) => {
      const outcome = state.csms;
      if (outcome !== "away") told.push(call as unknown as typeof told[number]);
      return { outcome: await outcome };
    },
    "controller.call": async (call: CsmsCall) => {
      const answer = state.controller;
      if (!("noAnswer" in answer) || answer.noAnswer === "timeout") own.push(call);
      return await answer;
    },
    "station.activity": ({ stationId }: { stationId: string }) => state.activity.get(stationId) ?? { state: "idle" },
    "station.connectors": ({ stationId }: { stationId: string }) => ({
      ...{ count: 1, faulted: [], reserved: state.reserved.has(stationId) ? ["1"] : [] },
    }),
    "firmware.watch": () => undefined,
    "firmware.close": () => undefined,
    "firmware.forward": (order: Record<string, Json>) => {
      if (state.forwardFault) throw state.forwardFault;
      state.forwards.push(order);
    },
  });
  return { calls, own, told, state };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Control as it starts on what is stored; after `kill` nothing of it gets further. */
async function oneLife(parts: TransferParts) {
  const { context, kill } = mortal(parts.context);
  return { feature: await createTransferFeature({ ...parts, context }), kill };
}

/** The transfers with a vault and Workers in the hand of the test. */
export async function transferRig(change: (site: typeof SITE) => unknown = (site) => site) {
  const rig = await inventoryRig();
  const dataDir = await Deno.makeTempDir({ prefix: "bulkhead-transfers-" });
  const site = Site.parse(change(SITE));
  const box = { configFile: "/site.yaml", configDir: "/", dataDir };
  const context = { ...rig.context, site, box } as ControlContext;
  const vault = new FakeVault(), feed = new StationFeed();
  const { live, facts } = rig.feature.parts;
  const stations = { all: () => site.stations, get: (id: string) => site.stations.find((one) => one.id === id) };
  const { calls, own, told, state } = workersThatAnswer(rig);
  const transactions = { whyBusy: (id: string) => state.transactions.get(id) };
  const minuteOfWeek = () => state.minuteOfWeek;
  const parts = { vault, feed, live, facts, stations, transactions, minuteOfWeek };
  const start = () => oneLife({ ...parts, context } as unknown as TransferParts);
  let { feature, kill } = await start();
  const handlers = () => feature.handlers!;
  const connect = (stationId: string, protocol = "ocpp2.0.1") =>
    live.add({
      ...{ session: `s-${stationId}`, worker: "ocpp-0", stationId, source: "10.0.0.9" },
      ...{ securityProfile: 3, since: 0, protocol },
    });
  const states = () => feature.requests().map(({ request }) => request);
  const settle = () => rig.store.idle();
  return {
    ...{ rig, vault, feed, calls, own, told, state, connect, handlers, settle, context, facts, live, dataDir },
    audited: (event: string) => rig.audited.filter((one) => one.event === event),
    get feature() {
      return feature;
    },
    /** Lets some of what is under way happen, and the rest not yet. */
    turns,
    /** Lets time pass and what is due be looked at. */
    look: async (ms: number = TRANSFER_LIMITS.lookMs) => {
      rig.time.advance(ms);
      await settle();
    },
    until: (what: string, is: () => boolean) => waitFor(what, is),
    /** Waits while time passes, look by look. */
    looking: (what: string, is: () => boolean, ms: number = TRANSFER_LIMITS.lookMs) =>
      waitFor(what, async () => {
        if (is()) return true;
        rig.time.advance(ms);
        await settle();
        return is();
      }),
    /** The gateway is killed, whatever it does at the moment, and comes back with what was stored. */
    restart: async () => {
      await Promise.all([kill(), feature.stop!()]);
      ({ feature, kill } = await start());
    },
    /** No two requests come at one moment: the newest is always the last. */
    nextMoment: () => rig.time.advance(1),
    request: (changes: Partial<FileRequest> = {}) => {
      rig.time.advance(1);
      return handlers()["firmware.request"]!({ ...UPDATE, ...changes });
    },
    open: (changes: Partial<GrantClaim>) => handlers()["firmware.open"]!({ ...CLAIM, ...changes }),
    /** The newest request of a CSMS. */
    newest: () => states()[0],
    states: async () => {
      await settle();
      return states();
    },
    end: async () => {
      await feature.stop!();
      await rig.store.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** A rig as transferRig makes it. */
export type TransferRig = Awaited<ReturnType<typeof transferRig>>;

/** The body of a test on a rig of its own. */
export function withTransfers(
  test: (rig: TransferRig) => Promise<void>,
  change?: (site: typeof SITE) => unknown,
): () => Promise<void> {
  return async () => {
    const rig = await transferRig(change);
    try {
      await test(rig);
    } finally {
      await rig.end();
    }
  };
}

/** A request of 2.x as a CSMS sends it. */
export const UPDATE: FileRequest = {
  stationId: "CP001",
  csms: "main",
  version: "ocpp2.0.1",
  action: "UpdateFirmware",
  payload: {
    requestId: 42,
    retries: 1,
    firmware: {
      location: "https://user:secret@files.bender.example/ebee_firmware_2.0.deb?key=1",
      retrieveDateTime: "1970-01-01T00:00:00Z",
      installDateTime: "2026-12-24T00:00:00Z",
      signingCertificate: "PEM",
      signature: "c2ln",
    },
  },
};

const CLAIM: GrantClaim = { token: "x".repeat(22), protocol: "https", purpose: "download", source: "10.0.0.1" };
