import { PLUG_AND_CHARGE_VENDOR } from "./ocpp_plug_and_charge.ts";

/**
 * Who a message about credentials, certificates and the way to the CSMS is for. "relay": for the station, byte for byte.
 * "take": for the gateway, which is the station on the CSMS leg, and the CSMS on the station leg; it answers. "refuse":
 * for neither, answered with an error.
 */
export type Handling = "relay" | "take" | "refuse";

/** One row of the table. The first row that matches decides; a message without any row is none of this class. */
export interface RehomingRow {
  readonly rule: string;
  readonly from: "station" | "csms";
  readonly versions: "1.6" | "2.x" | "all";
  readonly actions: readonly string[];
  /** What the payload must say; absent: anything. */
  readonly when?: Condition;
  readonly handling: Handling;
  readonly because: string;
}

/** A condition on the payload. Names are compared without case. */
export type Condition =
  /** A key of 1.6 or a variable of 2.x that belongs to the CSMS leg; `none`: also a request without a list, for all. */
  | { readonly settings: "any"; readonly none?: true }
  /** The value of a field, or one of its values when it is a list; `omitted`: also when the field is absent. */
  | { readonly field: string; readonly is: readonly string[]; readonly omitted?: true }
  /** Plug & Charge of 1.6 whose message inside is taken by the rows of 2.x. */
  | { readonly inside: "taken" };

const V2G_TYPES = ["V2GCertificate", "V2G20Certificate"] as const;
const CSMS_ROOTS = ["CSMSRootCertificate", "CentralSystemRootCertificate"] as const;

/** The table. Kept in the order in which it decides. */
export const REHOMING_TABLE: readonly RehomingRow[] = [
  row(
    "ocpp.rehome.setting",
    "csms",
    "1.6",
    ["ChangeConfiguration"],
    "take",
    { settings: "any" },
    "A key of the CSMS leg: the gateway keeps it for its own connection to the CSMS; the station's stays as it is",
  ),
  row(
    "ocpp.rehome.read",
    "csms",
    "1.6",
    ["GetConfiguration"],
    "take",
    { settings: "any", none: true },
    "The CSMS must see what it set; all other keys come from the station",
  ),
  row(
    "ocpp.rehome.setting",
    "csms",
    "2.x",
    ["SetVariables"],
    "take",
    { settings: "any" },
    "A variable of the CSMS leg; the others of the same request are passed to the station by a call of the gateway",
  ),
  row(
    "ocpp.rehome.read",
    "csms",
    "2.x",
    ["GetVariables"],
    "take",
    { settings: "any" },
    "The CSMS must see what it set; all other variables come from the station",
  ),
  row(
    "ocpp.rehome.network",
    "csms",
    "2.x",
    ["SetNetworkProfile"],
    "take",
    undefined,
    "A way past the gateway is no way: only one to the CSMS that this station has is accepted",
  ),
  row("ocpp.rehome.sign", "csms", "1.6", ["ExtendedTriggerMessage"], "take", {
    field: "requestedMessage",
    is: ["SignChargePointCertificate"],
  }, "The gateway has a key and certificate of its own for every station on the CSMS leg (LC7)"),
  row("ocpp.rehome.sign", "csms", "2.x", ["TriggerMessage"], "take", {
    field: "requestedMessage",
    is: ["SignChargingStationCertificate"],
  }, "The gateway has a key and certificate of its own for every station on the CSMS leg (LC7)"),
  row("ocpp.rehome.v2g", "csms", "2.x", ["TriggerMessage"], "relay", {
    field: "requestedMessage",
    is: ["SignV2GCertificate", "SignV2G20Certificate", "SignCombinedCertificate"],
  }, "The key of ISO 15118 is in the station and nowhere else"),
  row(
    "ocpp.rehome.v2g",
    "csms",
    "2.x",
    ["CertificateSigned"],
    "relay",
    { field: "certificateType", is: V2G_TYPES },
    "The key of ISO 15118 is in the station and nowhere else",
  ),
  row(
    "ocpp.rehome.certificate",
    "csms",
    "all",
    ["CertificateSigned"],
    "take",
    undefined,
    "The answer to a request of the gateway when it is for the gateway's key; with an omitted type it may be the station's, which the key tells",
  ),
  row(
    "ocpp.rehome.root",
    "csms",
    "all",
    ["InstallCertificate"],
    "take",
    { field: "certificateType", is: CSMS_ROOTS },
    "The gateway is who verifies the CSMS; the station verifies the gateway, by a root that stays",
  ),
  row(
    "ocpp.rehome.station-root",
    "csms",
    "all",
    ["InstallCertificate"],
    "relay",
    undefined,
    "Roots of ISO 15118 and of the manufacturer's firmware are used in the station",
  ),
  row(
    "ocpp.rehome.root-delete",
    "csms",
    "all",
    ["DeleteCertificate"],
    "take",
    undefined,
    "By its hash it is a root of the CSMS leg (deleted here), the one the station needs for the gateway (kept), or the station's",
  ),
  row("ocpp.rehome.root-list", "csms", "all", ["GetInstalledCertificateIds"], "take", {
    field: "certificateType",
    is: CSMS_ROOTS,
    omitted: true,
  }, "The roots of the CSMS leg are the gateway's; all other types come from the station"),
  row(
    "ocpp.rehome.station-root",
    "csms",
    "all",
    ["GetInstalledCertificateIds"],
    "relay",
    undefined,
    "Certificates of ISO 15118 and of the manufacturer are in the station",
  ),
  row(
    "ocpp.rehome.plug-and-charge",
    "csms",
    "1.6",
    ["DataTransfer"],
    "take",
    { inside: "taken" },
    "It carries a message of 2.0.1: by its hash or key it is the station's and passed on, else answered in the words of Plug & Charge",
  ),
  row("ocpp.rehome.iso15118", "csms", "1.6", ["DataTransfer"], "relay", {
    field: "vendorId",
    is: [PLUG_AND_CHARGE_VENDOR],
  }, "Plug & Charge of OCPP 1.6 concerns the station and the car"),
  row("ocpp.rehome.v2g", "station", "2.x", ["SignCertificate"], "relay", {
    field: "certificateType",
    is: V2G_TYPES,
    omitted: true,
  }, "A V2G certificate is the station's; omitted means for ISO 15118 too, and only the station has that key"),
  row(
    "ocpp.rehome.station-request",
    "station",
    "all",
    ["SignCertificate"],
    "take",
    undefined,
    "On the station leg the gateway is the CSMS: the site CA signs",
  ),
  row(
    "ocpp.rehome.iso15118",
    "station",
    "2.x",
    ["Authorize", "Get15118EVCertificate", "GetCertificateStatus", "GetCertificateChainStatus"],
    "relay",
    undefined,
    "Contract certificates, EXI and OCSP are between the car and the CSMS",
  ),
  row(
    "ocpp.rehome.plug-and-charge",
    "station",
    "1.6",
    ["DataTransfer"],
    "take",
    { inside: "taken" },
    "Plug & Charge is for V2G certificates: the one of the station leg is signed by the site CA, by the station's own SignCertificate",
  ),
  row("ocpp.rehome.iso15118", "station", "1.6", ["DataTransfer"], "relay", {
    field: "vendorId",
    is: [PLUG_AND_CHARGE_VENDOR],
  }, "Plug & Charge of OCPP 1.6 concerns the station and the car"),
];

function row(
  rule: string,
  from: RehomingRow["from"],
  versions: RehomingRow["versions"],
  actions: readonly string[],
  handling: Handling,
  when: Condition | undefined,
  because: string,
): RehomingRow {
  return { rule, from, versions, actions, handling, because, ...when ? { when } : {} };
}
