import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { OFFLINE_SETTINGS } from "../../../policies/offline_settings.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { CommandArgs } from "../../control/contract.ts";
import type { AuditEvent, Json, StationCallAnswer } from "../../core/control_api.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { offlineCommands } from "./offline_commands.ts";
import { OfflineSettings } from "./offline_settings.ts";

const VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;

/** A station with settings, which does as it is told or not. */
class SettingsRig {
  readonly time = new ManualTime();
  readonly audited: AuditEvent[] = [];
  readonly asked: string[] = [];
  readonly values = new Map<string, string>();
  protocol: string | undefined = "ocpp1.6";
  listVersion = 7;
  answer = "Accepted";
  isDeaf = false;
  store!: Store;
  settings!: OfflineSettings;

  static async with(test: (rig: SettingsRig) => Promise<void>): Promise<void> {
    const rig = new SettingsRig();
    rig.store = await openStore({ path: ":memory:", clock: rig.time, timers: rig.time });
    for (const { key, variable } of OFFLINE_SETTINGS) rig.values.set(key, "false").set(variable, "false");
    await rig.restart();
    try {
      await test(rig);
    } finally {
      await rig.store.close();
    }
  }

  async restart(): Promise<void> {
    this.settings = await OfflineSettings.open({
      context: { clock: this.time, store: this.store },
      protocol: () => this.protocol,
      call: (_station, action, payload) => Promise.resolve(this.#answer(action, payload as Record<string, unknown>)),
    });
  }

  async command(name: "set" | "settings", args: CommandArgs) {
    const commands = offlineCommands({
      settings: this.settings,
      context: { audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) } },
      stations: () => ["CP001", "CP002"],
      isConnected: (id) => id === "CP001" && this.protocol !== undefined,
    });
    return await commands[`badge ${name}`]!(args, "eva");
  }

  #answer(action: string, payload: Record<string, unknown>): StationCallAnswer {
    this.asked.push(action);
    if (this.isDeaf) return { noAnswer: "timeout" };
    return { result: this.#result(action, payload) };
  }

  #result(action: string, payload: Record<string, unknown>): Json {
    switch (action) {
      case "GetConfiguration": {
        const keys = payload["key"] as string[];
        return {
          configurationKey: keys.flatMap((key) =>
            this.values.has(key) ? [{ key, readonly: false, value: this.values.get(key)! }] : []
          ),
          unknownKey: keys.filter((key) => !this.values.has(key)),
        };
      }
      case "GetVariables":
        return {
          getVariableResult: (payload["getVariableData"] as Record<string, { name: string }>[]).map((data) => {
            const value = this.values.get(`${data["component"]!.name}.${data["variable"]!.name}`);
            return {
              ...{ component: data["component"]!, variable: data["variable"]! },
              ...value === undefined
                ? { attributeStatus: "UnknownVariable" }
                : { attributeStatus: "Accepted", attributeValue: value },
            };
          }),
        };
      case "ChangeConfiguration":
        if (this.answer !== "Rejected") this.values.set(String(payload["key"]), String(payload["value"]));
        return { status: this.answer };
      case "SetVariables": {
        const [data] = payload["setVariableData"] as {
          component: { name: string };
          variable: { name: string };
          attributeValue: string;
        }[];
        if (this.answer !== "Rejected") {
          this.values.set(`${data!.component.name}.${data!.variable.name}`, data!.attributeValue);
        }
        return { setVariableResult: [{ attributeStatus: this.answer }] };
      }
      default:
        return this.protocol === "ocpp1.6" ? { listVersion: this.listVersion } : { versionNumber: this.listVersion };
    }
  }
}
const nameOf = (id: string, protocol: string) => {
  const { key, variable } = OFFLINE_SETTINGS.find((one) => one.id === id)!;
  return protocol === "ocpp1.6" ? key : variable;
};

for (const protocol of VERSIONS) {
  Deno.test(`EV-24 offline settings: ${protocol}: shown with whom it lets charge, and its CSMS's list by version alone`, () =>
    SettingsRig.with(async (rig) => {
      rig.protocol = protocol;
      rig.values.set(nameOf("unknown-offline", protocol), "true");
      const { text, data } = await rig.command("settings", { station: "CP001" });
      match(text, /^Cut off from everything, CP001 lets charge: EVERYBODY, blocked badges too\./);
      match(text, /list, version 7; the gateway leaves it alone/);
      match(text, new RegExp(`unknown-offline +${nameOf("unknown-offline", protocol)} +true +false`));
      deepEqual((data as Record<string, unknown>)["exposure"], "everybody");
      deepEqual(
        new Set(rig.asked),
        new Set([protocol === "ocpp1.6" ? "GetConfiguration" : "GetVariables", "GetLocalListVersion"]),
      );
      await rig.restart();
      rig.protocol = undefined;
      const again = await rig.command("settings", { station: "CP001" });
      deepEqual((again.data as Record<string, unknown>)["exposure"], "everybody", "as it was read last");
      match((await rig.command("settings", {})).text, /CP001 +EVERYBODY.*\nCP002 +not known +never/);
    }));

  for (const setting of OFFLINE_SETTINGS) {
    Deno.test(`EV-24 offline settings: ${protocol}: ${setting.id} is changed, read back and recorded; nothing else is written`, () =>
      SettingsRig.with(async (rig) => {
        rig.protocol = protocol;
        const before = new Map(rig.values), name = nameOf(setting.id, protocol);
        const { text, ok } = await rig.command("set", {
          ...{ station: "CP001", setting: setting.id, value: "true", reason: "wanted" },
        });
        equal(ok, true);
        equal(text, `${setting.id} of CP001 is true; it was false.`);
        deepEqual([...rig.values].filter(([key, value]) => before.get(key) !== value), [[name, "true"]]);
        const [event] = rig.audited;
        deepEqual([event!.event, event!.who, event!.target, event!.outcome, event!.detail], [
          ...["badge.setting.changed", "eva", "CP001", "ok"],
          {
            ...{ setting: setting.id, wanted: "true", before: "false", after: "true", answer: "Accepted" },
            reason: "wanted",
          },
        ]);
        equal(rig.asked.some((action) => action === "SendLocalList"), false);
      }));
  }
}

Deno.test("EV-24 offline settings: a station that writes 0 and 1 is written to so", () =>
  SettingsRig.with(async (rig) => {
    rig.values.set("AllowOfflineTxForUnknownId", "1");
    const { ok } = await rig.command("set", {
      station: "CP001",
      setting: "unknown-offline",
      value: "off",
      reason: "x",
    });
    deepEqual([ok, rig.values.get("AllowOfflineTxForUnknownId")], [true, "0"]);
  }));

Deno.test("EV-24 offline settings: a refusal is said and recorded as failed; what needs a restart is said", () =>
  SettingsRig.with(async (rig) => {
    const ask = { station: "CP001", setting: "cache", value: "true", reason: "x" };
    rig.answer = "Rejected";
    const { text, ok } = await rig.command("set", ask);
    deepEqual([ok, text], [false, "cache of CP001 is false, not true: the station answered Rejected."]);
    equal(rig.audited[0]!.outcome, "failed");
    rig.answer = "RebootRequired";
    match((await rig.command("set", ask)).text, /It counts from its next start\.$/);
  }));

Deno.test("EV-24 offline settings: a station that says Accepted and has another value is not believed", () =>
  SettingsRig.with(async (rig) => {
    const set = rig.values.set.bind(rig.values);
    rig.values.set = (key, _value) => set(key, "false");
    const { ok } = await rig.command("set", { station: "CP001", setting: "cache", value: "true", reason: "x" });
    equal(ok, false);
  }));

Deno.test("EV-24 offline settings: a station that gives no answer leaves what was known", () =>
  SettingsRig.with(async (rig) => {
    await rig.command("settings", { station: "CP001" });
    const before = rig.settings.get("CP001");
    rig.isDeaf = true;
    const { data } = await rig.command("settings", { station: "CP001" });
    equal((data as Record<string, unknown>)["exposure"], "unknown");
    deepEqual(rig.settings.get("CP001"), before);
    match((await rig.command("settings", { station: "CP002" })).text, /never asked, and it is not connected/);
  }));

const REFUSED: readonly (readonly [args: CommandArgs, code: string, message: RegExp])[] = [
  [{ station: "CP9", setting: "cache", value: "true", reason: "x" }, "STATION_UNKNOWN", /"CP9"/],
  [
    { station: "CP001", setting: "LocalAuthListVersion", value: "true", reason: "x" },
    "CLI_USAGE",
    /no setting "LocalAuth/,
  ],
  [{ station: "CP001", setting: "cache", value: "maybe", reason: "x" }, "CLI_USAGE", /"maybe" is no value/],
  [{ station: "CP001", setting: "cache", value: "true" }, "CLI_USAGE", /--reason is missing/],
  [{ station: "CP002", setting: "cache", value: "true", reason: "x" }, "STATION_NO_ANSWER", /nothing was changed/],
];
for (const [args, code, message] of REFUSED) {
  Deno.test(`EV-24 offline settings: refused in words, nothing is sent: ${JSON.stringify(args)}`, () =>
    SettingsRig.with(async (rig) => {
      await rejects(rig.command("set", args), { code, message });
      deepEqual([rig.asked, rig.audited], [[], []]);
    }));
}
