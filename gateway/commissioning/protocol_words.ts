import type { ProtocolState, StepStanding } from "../../policies/commissioning_types.ts";

/** The languages that papers are written in. */
export type PaperLanguage = "de" | "en";

/** Words of the paper. */
export const PAPER_WORDS = {
  en: {
    title: "Commissioning protocol",
    draft: "NOT CLOSED: this is the state of a moment, not a protocol that was signed and closed.",
    number: "Protocol",
    bay: "Bay",
    stations: "Stations",
    begun: "Begun",
    state: "State",
    closed: "Closed",
    made: "This paper was made",
    step: "Step",
    result: "Result",
    found: "Found",
    by: "By",
    exceptions: "Exceptions",
    exceptionsLead: "Somebody answers for these steps, which are not met:",
    none: "None.",
    photos: "Photos",
    signatures: "Signatures",
    installer: "For the installer",
    operator: "For the operator",
    unsigned: "not signed",
    over: "over",
    group: {
      identity: "Identity",
      electrical: "Electrical tests",
      ocpp: "OCPP",
      network: "Network",
      device: "Controller",
    },
    outcome: { done: "met", excepted: "EXCEPTED", failed: "NOT MET", open: "OPEN" },
    states: {
      "draft": "draft",
      "in-progress": "in progress",
      "ready": "ready to be signed",
      "signed": "signed by the installer",
      "counter-signed": "signed by installer and operator",
      "closed": "closed",
    },
  },
  de: {
    title: "Inbetriebnahmeprotokoll",
    draft: "NICHT ABGESCHLOSSEN: ein Zwischenstand, kein unterschriebenes und abgeschlossenes Protokoll.",
    number: "Protokoll",
    bay: "Stellplatz",
    stations: "Stationen",
    begun: "Begonnen",
    state: "Stand",
    closed: "Abgeschlossen",
    made: "Dieses Papier wurde erstellt",
    step: "Schritt",
    result: "Ergebnis",
    found: "Befund",
    by: "Von",
    exceptions: "Ausnahmen",
    exceptionsLead: "Für diese nicht erfüllten Schritte steht jemand ein:",
    none: "Keine.",
    photos: "Fotos",
    signatures: "Unterschriften",
    installer: "Für den Errichter",
    operator: "Für den Betreiber",
    unsigned: "nicht unterschrieben",
    over: "über",
    group: {
      identity: "Identität",
      electrical: "Elektrische Prüfungen",
      ocpp: "OCPP",
      network: "Netzwerk",
      device: "Controller",
    },
    outcome: { done: "erfüllt", excepted: "AUSNAHME", failed: "NICHT ERFÜLLT", open: "OFFEN" },
    states: {
      "draft": "Entwurf",
      "in-progress": "in Arbeit",
      "ready": "bereit zur Unterschrift",
      "signed": "vom Errichter unterschrieben",
      "counter-signed": "von Errichter und Betreiber unterschrieben",
      "closed": "abgeschlossen",
    },
  },
} as const satisfies Record<PaperLanguage, PaperWords>;

interface PaperWords {
  readonly group: Readonly<Record<"device" | "electrical" | "identity" | "network" | "ocpp", string>>;
  readonly outcome: Readonly<Record<StepStanding["outcome"], string>>;
  readonly states: Readonly<Record<ProtocolState, string>>;
  readonly [word: string]: string | Readonly<Record<string, string>>;
}
