/**
 * What stations in the field do that no specification allows, and how the gateway lives with it. Data: names are API,
 * additive only; docs/quirks.md is made from here. Q1 to Q25 number the field reports that each entry rests on.
 */

/** One tolerance that is switched on per station, in `stations[].ocpp.quirks`. */
export interface Quirk {
  /** The field report: Q1 to Q25. */
  readonly id: string;
  /** What the station does, and what the gateway then does. */
  readonly text: string;
  /** What is given up. */
  readonly risk: string;
  /** Symptoms after which `why` and the audit trail name this quirk. */
  readonly helps: readonly string[];
}

/** Every switch. Alphabetical. */
export const QUIRKS = {
  "any-basic-user": {
    id: "Q9",
    text: "The user of HTTP Basic is not the station id: only the password is compared",
    risk: "The user name no longer proves anything; the password still belongs to this station alone",
    helps: ["admission.user-mismatch"],
  },
  "assume-protocol": {
    id: "Q1",
    text: "The station offers no subprotocol: the first of its configured ones is taken",
    risk: "If it speaks another version, every message is judged by the wrong schema",
    helps: ["ocpp.subprotocol none"],
  },
  "close-when-mute": {
    id: "Q16",
    text:
      "The station goes on with heartbeats but answers no CALL until it reconnects: after three in a row its connection is closed",
    risk: "A station that is only slow (a long diagnostics upload) is disconnected and comes back",
    helps: ["unanswered"],
  },
  "extra-properties": {
    id: "Q17",
    text: "Messages carry properties that the schema does not know: they are no fault for this station",
    risk: "A misspelt property is no longer noticed",
    helps: ["fault additionalProperties"],
  },
  "keep-availability": {
    id: "Q21",
    text: "ChangeAvailability freezes the station: the gateway answers Rejected for it",
    risk: "The CSMS cannot take the station out of service",
    helps: ["unanswered ChangeAvailability"],
  },
  "keep-ping-interval": {
    id: "Q21",
    text: "A new WebSocketPingInterval freezes the station: the gateway answers Rejected for it",
    risk: "The CSMS cannot change how often the station pings",
    helps: ["unanswered ChangeConfiguration", "unanswered SetVariables"],
  },
  "large-messages": {
    id: "Q18",
    text: "The station sends messages above ocpp.maxMessageBytes: up to 1 MiB are taken from it",
    risk: "One station may hold four times the memory",
    helps: ["close 1009"],
  },
  "long-strings": {
    id: "Q17",
    text: "Texts are longer than the schema allows: that is no fault for this station",
    risk: "A CSMS that cuts or refuses long texts is no longer protected from them",
    helps: ["fault maxLength"],
  },
  "loose-numbers": {
    id: "Q17",
    text: "Numbers come as texts, or with decimals where whole ones are wanted: that is no fault for this station",
    risk: "A CSMS may read them differently",
    helps: ["fault multipleOf", "fault type"],
  },
  "loose-path": {
    id: "Q5",
    text:
      "The path has extra or doubled slashes, a missing one, extra segments or a whole URL in it: the last segment is the id",
    risk: "Two URLs name the same station; id and credential are proven as ever",
    helps: ["admission.quirk loose-path"],
  },
  "loose-timestamps": {
    id: "Q17",
    text:
      "Times come without a zone, with half of one or empty: that is no fault for this station; what is no time stays one",
    risk: "A time without a zone means another moment to each reader",
    helps: ["fault format", "fault rule"],
  },
  "no-deflate": {
    id: "Q19",
    text: "The station's compression is broken: none is agreed with it",
    risk: "None; more bytes on the wire",
    helps: ["close compression"],
  },
  "no-deflate-csms": {
    id: "Q19",
    text: "Compression breaks towards the CSMS of this station: none is agreed there",
    risk: "None; more bytes on the uplink",
    helps: [],
  },
  "no-ping": {
    id: "Q10",
    text: "The station does not answer pings or drops the connection on them: the gateway sends none",
    risk: "A half-open link is seen late, and a newer connection of the station has to wait for that",
    helps: ["end idle"],
  },
  "no-profile-before-start": {
    id: "Q21",
    text:
      "A TxProfile before its transaction freezes the station: the gateway answers Rejected until it has seen one running",
    risk: "After a reconnect the first profile may be rejected although a transaction runs",
    helps: ["unanswered SetChargingProfile"],
  },
} as const satisfies Record<string, Quirk>;

/** The name of a switch. */
export type QuirkName = keyof typeof QUIRKS;

/** All switches, for the schema of site.yaml. */
export const QUIRK_NAMES = Object.keys(QUIRKS) as [QuirkName, ...QuirkName[]];

/** What always holds, without a switch, and the test that shows it. */
export interface BuiltIn {
  readonly id: string;
  readonly text: string;
  /** Beginning of the name of a test. */
  readonly test: string;
}

/** Field reports that need no switch. */
export const BUILT_IN: readonly BuiltIn[] = [
  {
    id: "Q1",
    text:
      "Without a subprotocol and without `assume-protocol` the handshake is finished without one, then closed with 1002, and the record names the quirk",
    test: "quirk Q1: ",
  },
  {
    id: "Q2",
    text: "The version is agreed anew at every connection: the CSMS is offered the station's own list and picks",
    test: "quirk Q2: ",
  },
  {
    id: "Q3",
    text:
      "A request without `Connection: Upgrade` is refused with 400 and recorded; no switch tolerates it (decisions/0075)",
    test: "quirk Q3: ",
  },
  {
    id: "Q4",
    text: "Ids are percent-decoded once, judged, and sent on percent-encoded; a broken encoding is 404",
    test: "quirk Q4: ",
  },
  {
    id: "Q6",
    text: "Every character of OCPP's identifierString may stand in an id, and a space within",
    test: "quirk Q6: ",
  },
  {
    id: "Q7",
    text: "An AuthorizationKey of hex digits is proven by its text and by the bytes it stands for",
    test: "quirk Q7: ",
  },
  {
    id: "Q8",
    text: "Passwords are bytes: split at the first colon, never decoded, compared in constant time",
    test: "quirk Q8: ",
  },
  { id: "Q10", text: "Any traffic is a sign of life, not only pongs", test: "quirk Q10: " },
  {
    id: "Q11",
    text: "A station that never answers a ping has three heartbeats' time, and never less than two hours",
    test: "quirk Q11: ",
  },
  {
    id: "Q12",
    text:
      "A newer connection wins only with the same proven credential over one that no longer answers; cleaning up is tied to the connection, not to the id",
    test: "quirk Q12: ",
  },
  {
    id: "Q13",
    text:
      "A message id that a station uses again is forwarded and recorded; one of the CSMS is refused where enforcing",
    test: "quirk Q13: ",
  },
  {
    id: "Q14",
    text: "CALLs of a station pass in order without waiting, up to a bound; of the CSMS one at a time is outstanding",
    test: "quirk Q14: ",
  },
  { id: "Q15", text: "Late answers go to who asked, answers nobody waits for to no one", test: "quirk Q15: " },
  {
    id: "Q18",
    text: "Fragments are joined, broken JSON is not forwarded and counted, a message above the bound closes with 1009",
    test: "quirk Q18: ",
  },
  { id: "Q20", text: "Error codes are spelled as their version spells them", test: "quirk Q20: " },
  { id: "Q22", text: "A CSMS that expects a BootNotification after every reconnect: see store-and-forward", test: "" },
  { id: "Q23", text: "Firmware over HTTP or FTP only: see the firmware conduit", test: "" },
  {
    id: "Q24",
    text: "Reconnect storms meet an accept bucket and 503 with Retry-After; dials to the CSMS are spread by jitter",
    test: "quirk Q24: ",
  },
  {
    id: "Q25",
    text: "The offset of a station's clock is measured and shown; whole hours are named as local time sent as UTC",
    test: "quirk Q25: ",
  },
];

/** What is known of a maker's stations. */
export interface VendorQuirks {
  /** `vendor` of a station in site.yaml, compared without case. */
  readonly vendor: string;
  /** Beginning of `model`; absent: every model. */
  readonly model?: string;
  readonly quirks: readonly QuirkName[];
  /** "applied": on by itself where `vendor` fits; "suggested": only named by `why` and this page, it changes what the CSMS can do. */
  readonly use: "applied" | "suggested";
  /** Where it was reported. */
  readonly evidence: string;
}

/** Defaults by maker, only where a public report says so. */
export const VENDOR_QUIRKS: readonly VendorQuirks[] = [
  { vendor: "en-plus", quirks: ["no-ping"], use: "applied", evidence: "lbbrhzn/ocpp#211" },
  { vendor: "grizzl-e", quirks: ["assume-protocol"], use: "applied", evidence: "steve-community/steve#1109" },
  { vendor: "growatt", quirks: ["loose-timestamps"], use: "applied", evidence: "evcc-io/evcc#10399" },
  {
    vendor: "huawei",
    quirks: ["keep-availability", "keep-ping-interval", "no-profile-before-start"],
    use: "suggested",
    evidence: "evcc-io/evcc#31156",
  },
  {
    vendor: "schneider",
    quirks: ["long-strings"],
    use: "applied",
    evidence: "mobilityhouse/ocpp#122, lbbrhzn/ocpp#213 (EVlink)",
  },
];

/** The switches in force for a station: its own and those of its maker. */
export function quirksOf(
  station: {
    readonly vendor?: string | undefined;
    readonly model?: string | undefined;
    readonly quirks: readonly QuirkName[];
  },
): readonly QuirkName[] {
  return [...new Set([...station.quirks, ...vendorQuirks(station, "applied")])].sort();
}

/** What the table says of a station's maker. */
export function vendorQuirks(
  { vendor, model }: { readonly vendor?: string | undefined; readonly model?: string | undefined },
  use: VendorQuirks["use"],
): readonly QuirkName[] {
  if (vendor === undefined) return [];
  const fits = VENDOR_QUIRKS.filter((entry) => {
    const isModel = entry.model === undefined || model?.toLowerCase().startsWith(entry.model.toLowerCase());
    return entry.use === use && entry.vendor === vendor.toLowerCase() && isModel;
  });
  return fits.flatMap(({ quirks }) => quirks);
}

/** The quirk that helps against a symptom: the longest that it begins with ("unanswered Reset" -> close-when-mute). */
export function quirkFor(symptom: string): QuirkName | undefined {
  let best: QuirkName | undefined, length = 0;
  for (const name of QUIRK_NAMES) {
    for (const known of QUIRKS[name].helps as readonly string[]) {
      const fits = symptom === known || symptom.startsWith(`${known} `);
      if (fits && known.length > length) [best, length] = [name, known.length];
    }
  }
  return best;
}
