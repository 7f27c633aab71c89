import { GUARDS } from "../../../policies/ocpp_rehoming.ts";
import { KEYS_16, NETWORK_COMPONENT_2, VARIABLES_2 } from "../../../policies/ocpp_rehoming_keys.ts";
import { PLUG_AND_CHARGE_VENDOR } from "../../../policies/ocpp_plug_and_charge.ts";
import { type Condition, REHOMING_TABLE } from "../../../policies/ocpp_rehoming_table.ts";
import { code, page, table } from "./page.ts";

const HANDLING = { relay: "passed on", take: "answered by the gateway", refuse: "refused" } as const;

/** docs/rehoming.md: whom a message about credentials, certificates and the way to the CSMS is for. */
export function rehomingPage(): string {
  return page(
    "Credentials and certificates: whose is a message?",
    [
      "Between a station and its CSMS there are two connections, and the gateway is an end of both: towards the CSMS it is the",
      'station, towards the station it is the CSMS. What a CSMS says about "your password", "your certificate" or "my root" is',
      "about its own connection, so the gateway keeps it and uses it there; the station's own password, certificate and roots",
      "stay as they are. What belongs to the car, to ISO 15118 or to the station's firmware passes byte for byte.",
    ].join("\n"),
    [
      "The first row that matches decides; all other messages are none of this. A password, certificate or profile that a CSMS",
      "set is stored (sealed) before it is answered, tried first at the next connection, and the one before is kept until the",
      "CSMS took the new one once. `station upstream ID` shows what is in force. Why: decisions 0063 to 0065.",
    ].join("\n"),
    table(
      ["rule", "from", "OCPP", "message", "when", "what happens", "because"],
      REHOMING_TABLE.map(({ rule, from, versions, actions, when, handling, because }) => [
        code(rule),
        from,
        versions,
        actions.map(code).join(", "),
        when ? describe(when) : "always",
        HANDLING[handling],
        because,
      ]),
    ),
    "## Refused whatever the row says",
    table(["rule", "when"], Object.entries(GUARDS).map(([rule, reason]) => [code(rule), reason])),
    "## Keys of OCPP 1.6 that belong to the CSMS leg",
    table(["key (any case)", "is"], [...KEYS_16].map(([key, setting]) => [code(key), setting])),
    "## Variables of OCPP 2.x that belong to the CSMS leg",
    table(["variable (any case)", "is"], [
      ...[...VARIABLES_2].map(([name, setting]) => [code(name), setting]),
      [code(`${NETWORK_COMPONENT_2}.*`), "network, and its BasicAuthPassword password"],
    ]),
  );
}

function describe(when: Condition): string {
  if ("inside" in when) {
    return `${code("vendorId")} is ${
      code(PLUG_AND_CHARGE_VENDOR)
    }, and the message inside is answered by the gateway in 2.x`;
  }
  if ("settings" in when) return `a key or variable below${when.none ? ", or no list at all" : ""}`;
  return `${code(when.field)} is ${when.is.map(code).join(" or ")}${when.omitted ? ", or is omitted" : ""}`;
}
