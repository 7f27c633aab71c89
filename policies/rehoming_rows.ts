import { GUARDS } from "./ocpp_rehoming.ts";
import { PLUG_AND_CHARGE_VENDOR } from "./ocpp_plug_and_charge.ts";
import { type Condition, REHOMING_TABLE } from "./ocpp_rehoming_table.ts";

/** One row of the re-homing table in the words of an admin. */
export interface RehomingLine {
  readonly rule: string;
  readonly from: string;
  readonly actions: string;
  readonly when: string;
  /** "relayed", "answered by the gateway" or "refused". */
  readonly answer: string;
  readonly because: string;
}

const ANSWERS = { relay: "relayed", take: "answered by the gateway", refuse: "refused" } as const;

/** The re-homing table in the order in which it decides, and the reasons that hold for all its rows. */
export const REHOMING_LINES: readonly RehomingLine[] = [
  ...Object.entries(GUARDS).map(([rule, because]) => ({
    rule,
    from: "both",
    actions: "all below",
    when: "see why",
    answer: ANSWERS.refuse,
    because,
  })),
  ...REHOMING_TABLE.map(({ rule, from, versions, actions, when, handling, because }) => ({
    rule,
    from: from === "csms" ? "CSMS" : from,
    actions: `${actions.join(", ")}${versions === "all" ? "" : ` (${versions})`}`,
    when: when ? whenWords(when) : "always",
    answer: ANSWERS[handling],
    because,
  })),
];

function whenWords(when: Condition): string {
  if ("inside" in when) {
    return `vendorId ${PLUG_AND_CHARGE_VENDOR}, and the message inside is answered by the gateway in 2.x`;
  }
  if ("settings" in when) return `a setting of the CSMS leg${when.none ? ", or no list at all" : ""}`;
  return `${when.field} ${when.is.join(" or ")}${when.omitted ? ", or absent" : ""}`;
}
