import { match, throws } from "node:assert/strict";
import type { OcppRule } from "../../../policies/ocpp_rule.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import { Station } from "../../inventory/config.ts";
import type { CommandArgs } from "../contract.ts";
import { explainCommand } from "./explain_command.ts";
import type { RulesInForce } from "./feature.ts";

const STATION = Station.parse({
  id: "CP001",
  vendor: "bender",
  ocpp: { protocols: ["ocpp2.0.1"], securityProfile: 1, csms: "main" },
});
const SITE = Site.parse({
  version: 1,
  site: { id: "g" },
  ocpp: {
    listeners: [{ listen: "127.0.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }, { id: "ems", url: "wss://ems.example/ocpp" }],
  },
});
const RULES: readonly OcppRule[] = [
  { id: "night", effect: "deny", because: "It is late", actions: ["Reset"], hours: { from: "22:00", to: "06:00" } },
  { id: "rest", effect: "allow", because: "The rest" },
];

function explain(args: CommandArgs, changes: Partial<RulesInForce> = {}): string {
  const time = new ManualTime(Date.parse("2026-07-06T10:00:00Z")); // a Monday, noon in Berlin
  const parts = {
    context: { clock: time, site: SITE },
    stations: { get: (id: string) => id === "CP001" ? STATION : undefined },
  };
  const inForce: RulesInForce = { rules: RULES, mode: "enforce", timeZone: "Europe/Berlin", ...changes };
  return explainCommand(parts, inForce, { station: "CP001", direction: "from-csms", action: "Reset", ...args }).text;
}

Deno.test("policy explain: says what happens now, and what would happen at another time", () => {
  match(
    explain({}),
    /^Reset from main to CP001, ocpp2\.0\.1\nRELAYED: nothing refuses it\n {2}deny {2}night: does not hold: hours/,
  );
  match(explain({ at: "mon 23:00" }), /REFUSED by site\.night: It is late/);
});

Deno.test("policy explain: a limited secondary may be asked about as well", () => {
  const rules: OcppRule[] = [{ id: "ems", effect: "deny", because: "Not theirs", csms: ["ems"] }, RULES[1]!];
  match(explain({}, { rules }), /RELAYED/);
  match(explain({ csms: "ems" }, { rules }), /^Reset from ems to CP001[^]*REFUSED by site\.ems: Not theirs/);
});

Deno.test("policy explain: without rules of the site, and with rules that are tried out", () => {
  match(explain({ at: "mon 23:00" }, { rules: undefined }), /RELAYED[^]*has no rules of its own/);
  match(
    explain({ at: "mon 23:00" }, { mode: "observe" }),
    /noted as would-refuse by site\.night: It is late\n {2}ocpp\.mode is observe/,
  );
});

Deno.test("policy explain: shows what rules see in the message", () => {
  match(
    explain({ action: "GetLog", payload: `{"log":{"remoteLocation":"FTP://U@Host.example/x"}}` }),
    /says host host\.example\n {2}says scheme ftp/,
  );
  match(explain({ payload: `{"type":"Immediate"}` }), /says type Immediate/);
});

Deno.test("policy explain: says what re-homing does with a message that no rule refuses", () => {
  const data = [{ component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" }, attributeValue: "x" }];
  const text = explain({ action: "SetVariables", payload: JSON.stringify({ setVariableData: data }) });
  match(text, /Then re-homing \(ocpp\.rehome\.setting\): the gateway answers it itself\. A variable of the CSMS leg/);
});

Deno.test("policy explain: built-in refusals are told as the relay makes them", () => {
  const profile = { component: { name: "SecurityCtrlr" }, variable: { name: "SecurityProfile" }, attributeValue: "0" };
  const lower = explain({ action: "SetVariables", payload: JSON.stringify({ setVariableData: [profile] }) });
  match(lower, /\nREFUSED by ocpp\.profile-downgrade: The security profile of a station cannot be lowered over OCPP/);
  const laboratory = { action: "ChangeConfiguration", payload: '{"key":"SSHAccessUsb","value":"On"}' };
  match(explain({ ...laboratory, version: "ocpp1.6" }), /\nREFUSED by ocpp\.setting: The setting SSH\* is for/);
  match(explain({ ...laboratory, direction: "from-station" }), /\nRELAYED: nothing refuses it/);
});

Deno.test("policy explain: what stands twice in a message or under another spelling is explained as the relay reads it", () => {
  const rules: OcppRule[] = [
    { id: "hosts", effect: "deny", because: "Ours only", actions: ["UpdateFirmware"], hostsOutside: ["fw.example"] },
    RULES[1]!,
  ];
  const twice = '{"location":"https://elsewhere.example/","location":"https://fw.example/"}';
  match(explain({ action: "UpdateFirmware", payload: twice }, { rules }), /REFUSED by site\.hosts/);
  const misspelt = explain({ action: "GetVariables", payload: '{"GetVariableData":[]}' });
  match(misspelt, /\nREFUSED by ocpp\.rehome\.ambiguous: This message could mean one thing/);
  const signed = '{"getVariableData":[],"getVariableData":[]}';
  match(explain({ action: "GetVariables-Signed", payload: signed }), /\nREFUSED by ocpp\.rehome\.ambiguous/);
});

const WRONG: readonly [args: CommandArgs, error: RegExp][] = [
  [{ station: "cp001" }, /No station "cp001" is in the inventory/],
  [{ direction: "up" }, /Direction "up" is unknown: wanted from-csms or from-station/],
  [{ version: "ocpp1.5" }, /Version "ocpp1\.5" is unknown: wanted one of ocpp1\.6, ocpp2\.0\.1, ocpp2\.1/],
  [{ csms: "mani" }, /CSMS "mani" is unknown: wanted one of main, ems/],
  [{ at: "23:00" }, /Time "23:00" is unknown: wanted a day and a time/],
  [{ payload: "{" }, /The payload is no JSON: wanted an object in quotes/],
  [{ payload: "[]" }, /The payload is no JSON object/],
];
for (const [args, error] of WRONG) {
  Deno.test(`policy explain: refuses ${JSON.stringify(args)}`, () => throws(() => explain(args), error));
}
