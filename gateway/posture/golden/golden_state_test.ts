import { deepEqual, equal, match } from "node:assert/strict";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { Station } from "../../inventory/config.ts";
import { goldenStanding, goldenWants } from "./golden_state.ts";

const PROFILE = {
  ...{ id: "lab", title: "t", about: "a", vendors: ["bender"], models: ["CC61"] },
  settings: [
    {
      ...{ id: "log", title: "t", source: "s", fixedBy: "gateway" },
      ways: {
        "ocpp1.6": { name: "LogLevel", value: "INFO" },
        ocpp2: { name: "A.Log", value: "INFO" },
        driver: { name: "LogLevel_custom", value: "INFO" },
      },
    },
    { id: "usb", title: "t", source: "s", fixedBy: "gateway", ways: { driver: { name: "Usb_x", value: "Off" } } },
  ],
} as unknown as GoldenProfile;
const OCPP = { protocols: ["ocpp1.6"], csms: "main" }, UI = { url: "https://10.0.0.1", driver: "bender" };
const station = (more: object) => ({ id: "CP001", vendor: "bender", model: "CC613", ...more }) as unknown as Station;
const value = (text: string): Evidence => ({ is: "value", value: text, at: 1 });

const states = (one: Station, protocol: string | undefined, read: Record<string, Evidence>) =>
  goldenStanding([PROFILE], { station: one, protocol, read }).findings.map(({ setting, state, way, why }) =>
    [setting, state, way ?? why] as const
  );

Deno.test("golden state: OCPP and the page each where the station has it, by the version that it speaks", () => {
  const both = station({ ocpp: OCPP, ui: UI });
  const read = { "LogLevel": value("DEBUG"), "driver usb_x": value("Off") };
  deepEqual(states(both, "ocpp1.6", read), [["log", "drifted", "ocpp1.6"], ["usb", "same", "driver"]]);
  deepEqual(states(station({ ui: UI }), undefined, { "driver loglevel_custom": value("INFO") }).slice(0, 1), [
    ["log", "same", "driver"],
  ]);
});

Deno.test("golden state: what was never asked, or is reached by no way of it, is not known and says so", () => {
  deepEqual(states(station({ ocpp: OCPP }), "ocpp1.6", {}), [
    ["log", "unknown", "it has not been asked yet"],
    ["usb", "unknown", "it has no way that this setting is reached by"],
  ]);
  const [log] = states(station({ ocpp: OCPP }), undefined, { LogLevel: value("INFO") });
  match(String(log![2]), /no way/, "nobody knows which version it speaks");
});

Deno.test("golden state: the model that it told counts where site.yaml names none", () => {
  const unnamed = station({ model: undefined, ocpp: OCPP });
  equal(goldenStanding([PROFILE], { station: unnamed, read: {} }).profile, undefined);
  equal(goldenStanding([PROFILE], { station: unnamed, model: "cc612", read: {} }).profile?.id, "lab");
  const named = station({ model: "ICC1324", ocpp: OCPP });
  equal(
    goldenStanding([PROFILE], { station: named, model: "CC612", read: {} }).profile,
    undefined,
    "site.yaml counts first",
  );
});

Deno.test("golden state: a station without OCPP and without pages has no profile, and nothing is read of it", () => {
  deepEqual(goldenStanding([PROFILE], { station: station({}), read: {} }), { station: "CP001", findings: [] });
  deepEqual(goldenWants([PROFILE], { station: station({}) }), { ocpp: [], driver: [] });
});

Deno.test("golden state: what is read is what the profile names, pages only where there are some", () => {
  deepEqual(goldenWants([PROFILE], { station: station({ ocpp: OCPP }) }), {
    ocpp: [{ key: "LogLevel", variable: "A.Log" }],
    driver: [],
  });
  deepEqual(goldenWants([PROFILE], { station: station({ ocpp: OCPP, ui: UI }) }).driver, ["LogLevel_custom", "Usb_x"]);
});
