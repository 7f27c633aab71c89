import { isMisspelt } from "./misspelt.ts";
import { fold } from "./ocpp_fields.ts";
import { plainAction } from "./plain_action.ts";

/** DataTransfer of "Using ISO 15118 Plug & Charge with OCPP 1.6": a message of OCPP 2.0.1 as JSON text in `data`. */
export const PLUG_AND_CHARGE_VENDOR = "org.openchargealliance.iso15118pnc";

/** How the message inside a DataTransfer can be read. */
export type Inside =
  /** It is no Plug & Charge, or names no message. */
  | "nothing"
  /** Two receivers could read two messages. */
  | "ambiguous"
  | { readonly action: string };

/** Its members, which a station that forgives spelling would find under another one. */
const MEMBERS = ["vendorId", "messageId", "data"] as const;

/** Whether a DataTransfer is of Plug & Charge for any receiver, whatever the spelling of its vendor. */
export function isPlugAndCharge(payload: unknown): boolean {
  return valuesOf(payload, "vendorId").some((vendor) => typeof vendor === "string" && fold(vendor) === VENDOR);
}

/**
 * The message inside a DataTransfer. `mayMatter`: the gateway takes messages of this name. A station's is only doubted
 * when it could be one of these; of a CSMS nothing is passed on that hides what it is.
 */
export function readInside(
  from: "station" | "csms",
  payload: unknown,
  isAmbiguous: boolean,
  mayMatter: (action: string) => boolean,
): Inside {
  if (payload === undefined) return "ambiguous";
  const isStrict = from === "csms";
  // Of two equal members only the last is seen: the first may have named Plug & Charge.
  if (!isPlugAndCharge(payload)) return isAmbiguous && isStrict ? "ambiguous" : "nothing";
  const names = valuesOf(payload, "messageId").filter((name) => name !== undefined && name !== null);
  const isOdd = isAmbiguous || names.length > 1 || names.some((name) => typeof name !== "string") ||
    MEMBERS.some((member) => isMisspelt(payload, [member]));
  const doMatter = names.some((name) => typeof name === "string" && mayMatter(plainAction(name)));
  if (isOdd && (isStrict || doMatter)) return "ambiguous";
  return typeof names[0] === "string" ? { action: names[0] } : "nothing";
}

const VENDOR = fold(PLUG_AND_CHARGE_VENDOR);

/** The values of a member under every spelling of its name, those of lists one by one. */
function valuesOf(payload: unknown, name: string): readonly unknown[] {
  if (typeof payload !== "object" || payload === null) return [];
  const folded = fold(name);
  return Object.entries(payload).filter(([key]) => fold(key) === folded).flatMap(([, value]) => value);
}
