import { BUILT_IN, QUIRK_NAMES, QUIRKS, VENDOR_QUIRKS } from "../../../profiles/quirks.ts";
import { code, page, table } from "./page.ts";

const number = (id: string): number => Number(id.slice(1));

/** docs/quirks.md: what stations do that they should not, and how the gateway lives with it. */
export function quirksPage(): string {
  const switches = [...QUIRK_NAMES].sort((a, b) => number(QUIRKS[a].id) - number(QUIRKS[b].id));
  return page(
    "Quirks of stations",
    [
      "Stations in the field break the specification in known ways. What can be borne without a price is built in. What has a",
      "price is a switch: name it in `stations[].ocpp.quirks` of site.yaml and `reload`. `why STATION` and the audit trail name",
      "the switch that would help; `stations --json` shows those in force. Q1 to Q25 number the field reports.",
    ].join("\n"),
    "```yaml\nstations:\n  - { id: CP001, ocpp: { protocols: [ocpp1.6], securityProfile: 2, csms: main, quirks: [no-ping, loose-timestamps] } }\n```",
    "## Switches",
    table(
      ["quirk", "report", "what the station does, and what is done", "what it risks"],
      switches.map((name) => {
        const { id, text, risk } = QUIRKS[name];
        return [code(name), id, text, risk];
      }),
    ),
    "## Known of makers",
    "*applied*: in force by itself for stations with that `vendor` in site.yaml. *suggested*: changes what a CSMS can do with the\nstation, so it has to be named.",
    table(
      ["vendor", "quirks", "use", "reported in"],
      VENDOR_QUIRKS.map(({ vendor, model, quirks, use, evidence }) => [
        code(vendor) + (model === undefined ? "" : ` ${model}`),
        quirks.map(code).join(", "),
        use,
        evidence,
      ]),
    ),
    "## Built in",
    table(
      ["report", "what always holds", "tests"],
      BUILT_IN.map(({ id, text, test }) => [
        id,
        text,
        test === "" ? "" : code(`${test.trim()} ...`),
      ]),
    ),
  );
}
