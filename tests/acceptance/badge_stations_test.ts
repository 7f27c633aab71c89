import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type RehomingRig, type RigStation, withRehoming } from "../support/rehoming_rig.ts";
import { waitFor } from "../support/wait_for.ts";

// The whole gateway with strict stations of the three versions and a CSMS: what stations do by themselves with badges.

const BADGE = "04A1B2C3D4E5F6";
/** As a station with the right time says it: what began hours ago would be an offline use, told late. */
const AT = new Date().toISOString();
type Row = Readonly<Record<string, unknown>>;

/** A station's own settings, and what it knows about its list and its cache. */
function withSettings(station: RigStation, settings: Map<string, string>): void {
  const { answers } = station;
  answers.set("GetConfiguration", ({ key }) => {
    const names = key as string[];
    return {
      configurationKey: names.filter((name) => settings.has(name))
        .map((name) => ({ key: name, readonly: false, value: settings.get(name) })),
      unknownKey: names.filter((name) => !settings.has(name)),
    };
  });
  answers.set("ChangeConfiguration", ({ key, value }) => {
    settings.set(String(key), String(value));
    return { status: "Accepted" };
  });
  const nameOf = ({ component, variable }: Row) =>
    `${(component as { name: string }).name}.${(variable as { name: string }).name}`;
  answers.set("GetVariables", ({ getVariableData }) => ({
    getVariableResult: (getVariableData as Row[]).map((one) => {
      const value = settings.get(nameOf(one)), { component, variable } = one;
      return value === undefined
        ? { component, variable, attributeStatus: "UnknownVariable" }
        : { component, variable, attributeStatus: "Accepted", attributeValue: value };
    }),
  }));
  answers.set("SetVariables", ({ setVariableData }) => ({
    setVariableResult: (setVariableData as Row[]).map((one) => {
      settings.set(nameOf(one), String(one["attributeValue"]));
      const { component, variable } = one;
      return { component, variable, attributeStatus: "Accepted" };
    }),
  }));
  answers.set("GetLocalListVersion", () => station.id === "S16" ? { listVersion: 7 } : { versionNumber: 7 });
}

interface Kind {
  readonly id: string;
  /** Its names of "unknown badges charge while it is cut off", and of the cache. */
  readonly unknown: string;
  readonly cache: string;
  readonly begin: readonly [action: string, payload: Row];
  readonly stop: readonly [action: string, payload: Row];
}

const event = {
  ...{ eventType: "Started", timestamp: AT, triggerReason: "Authorized", seqNo: 0, evse: { id: 1, connectorId: 1 } },
  ...{ transactionInfo: { transactionId: "T-1" }, idToken: { idToken: BADGE, type: "ISO14443" } },
};
const two = (id: string): Kind => ({
  ...{ id, unknown: "AuthCtrlr.OfflineTxForUnknownIdEnabled", cache: "AuthCacheCtrlr.Enabled" },
  begin: ["TransactionEvent", event],
  stop: ["RequestStopTransaction", { transactionId: "T-1" }],
});
const KINDS: readonly Kind[] = [
  {
    ...{ id: "S16", unknown: "AllowOfflineTxForUnknownId", cache: "AuthorizationCacheEnabled" },
    begin: ["StartTransaction", { connectorId: 1, idTag: BADGE, meterStart: 0, timestamp: AT }],
    stop: ["RemoteStopTransaction", { transactionId: 41 }],
  },
  two("S201"),
  two("S21"),
];

async function up(rig: RehomingRig, { id, unknown, cache }: Kind) {
  const station = await rig.station(id), settings = new Map([[unknown, "true"], [cache, "true"]]);
  withSettings(station, settings);
  const boot = id === "S16"
    ? { chargePointVendor: "Bender", chargePointModel: "CC613" }
    : { reason: "PowerUp", chargingStation: { model: "CC613", vendorName: "Bender" } };
  await station.call("BootNotification", boot);
  return { station, settings };
}

const saw = (station: RigStation, action: string) => station.requests.filter(({ method }) => method === action);

Deno.test("EV-24: a blocked badge is stopped, its caches are cleared and its CSMS hears of it; what stations do while cut off is shown and changed, in 1.6, 2.0.1 and 2.1", () =>
  withRehoming(
    async (rig) => {
      const { csms, gateway } = rig;
      csms.answers.set("StartTransaction", () => ({ transactionId: 41, idTagInfo: { status: "Accepted" } }));
      csms.answers.set("TransactionEvent", () => ({ idTokenInfo: { status: "Accepted" } }));
      const all: { kind: Kind; station: RigStation; settings: Map<string, string> }[] = [];
      for (const kind of KINDS) all.push({ kind, ...await up(rig, kind) });
      // Before the gateway has booted at its CSMS a notice waits for a minute.
      await waitFor("the gateway at its CSMS", async () => (await rig.audited("ocpp.controller.booted")).length > 0);

      for (const { kind, station, settings } of all) {
        const shown = await gateway.command("badge settings", { station: kind.id });
        match(shown.text, /lets charge: EVERYBODY[\s\S]*list, version 7; the gateway leaves it alone/, kind.id);
        const changed = await gateway.command("badge set", {
          ...{
            station: kind.id,
            setting: "unknown-offline",
            value: "false",
            reason: "a blocked badge must not charge",
          },
        });
        match(changed.text, /unknown-offline of .* is false; it was true/);
        equal(settings.get(kind.unknown), "false");
        match((await gateway.command("badge settings", { station: kind.id })).text, /lets charge: nobody/);
        deepEqual(saw(station, "SendLocalList"), [], "the list is the CSMS's");
      }

      for (const { kind, station } of all) await station.call(...kind.begin);
      // The same card at three places: it was copied.
      const suspects = await waitFor("the copies to be seen", async () => {
        const found = (await gateway.command("badge suspects")).data as unknown as readonly Row[];
        return found.length > 0 && found;
      });
      ok(suspects.every(({ station, elsewhere }) => station !== elsewhere), JSON.stringify(suspects));
      match((await gateway.command("alarms list")).text, /badge\.cloned/);
      ok(!JSON.stringify(suspects).includes(BADGE), "no badge in clear");
      await gateway.command("badge block", { badge: BADGE, reason: "lost" });
      for (const { kind: { stop: [action, payload] }, station } of all) {
        const [request] = await waitFor(`${station.id} to be stopped`, () => {
          const found = saw(station, action);
          return found.length > 0 && found;
        });
        deepEqual(request!.params, payload);
        await waitFor(`${station.id} to clear its cache`, () => saw(station, "ClearCache").length > 0);
      }
      const [notice] = await waitFor("the CSMS to hear of it", () => {
        const told = csms.of("GW-1", "DataTransfer");
        return told.length > 0 && told;
      });
      const { messageId, data } = notice!.params as { messageId: string; data: string };
      deepEqual([messageId, JSON.parse(data).idToken], ["BadgeBlocked", BADGE]);
      deepEqual(all.flatMap(({ station }) => station.faults), []);

      await rig.restart();
      const known = (await rig.gateway.command("badge settings")).data as unknown as readonly Row[];
      ok(known.every(({ at, exposure }) => at !== null && exposure === "nobody"), JSON.stringify(known));
      equal((await rig.audited("badge.setting.changed")).length, 3);
    },
    {},
    () => ({}),
    { localController: { id: "GW-1", protocol: "ocpp2.0.1", passwordFile: "upstream" } },
  ));
