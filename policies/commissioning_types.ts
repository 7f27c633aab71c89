/** A text in the languages of the console. */
export interface StepText {
  readonly en: string;
  readonly de: string;
}

/** What a step of the protocol wants. "auto": the gateway looks itself, and no person can say how it is. */
export type StepKind = "auto" | "confirm" | "label" | "measure" | "photo";

/** One step of the template. */
export interface TemplateStep {
  readonly id: string;
  readonly group: "identity" | "electrical" | "ocpp" | "network" | "device";
  readonly kind: StepKind;
  /** Once for the bay, or for each station of it. */
  readonly per: "bay" | "station";
  /** Stations without it have no such step. */
  readonly needs?: "network" | "ocpp" | "ui" | undefined;
  readonly title: StepText;
  /** What to do, or to look at. */
  readonly ask?: StepText | undefined;
  /** Where it is demanded: a standard, a line of a maker's guide. */
  readonly source?: string | undefined;
  /** measure */
  readonly unit?: string | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  /** auto: what the gateway looks at. */
  readonly check?: string | undefined;
  /** A person may answer for it instead, with a reason that stands in the protocol. Never for what is a matter of safety. */
  readonly mayExcept?: boolean | undefined;
}

/** What a person saw on the label. */
export interface LabelEntry {
  readonly kind: "label";
  readonly serial?: string | undefined;
  readonly mac?: string | undefined;
  readonly model?: string | undefined;
}

/** What stands for a step. Times are wall milliseconds. */
export type StepEntry =
  & { readonly by: string; readonly at: number }
  & (
    | LabelEntry
    | { readonly kind: "auto"; readonly outcome: "failed" | "met" | "unknown"; readonly why: string }
    | { readonly kind: "confirm"; readonly isSo: boolean; readonly note?: string | undefined }
    | { readonly kind: "measure"; readonly value: number }
    | { readonly kind: "photo"; readonly sha256: string }
  );

/** Somebody answers for a step that is not met. */
export interface StepException {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

/** What the gateway knows of a station, beside which its label is held. */
export interface KnownIdentity {
  readonly serials: readonly string[];
  readonly macs: readonly string[];
  readonly models: readonly string[];
}

/** One step of one protocol: the template's for the bay, or for one of its stations. */
export interface ProtocolStep {
  /** "electrical.insulation" or "device.password CP001". */
  readonly key: string;
  readonly step: TemplateStep;
  readonly station?: string | undefined;
}

/** How a step stands. Only "done" and "excepted" let a bay be handed over. */
export interface StepStanding {
  readonly key: string;
  readonly outcome: "done" | "excepted" | "failed" | "open";
  /** One sentence. */
  readonly why: string;
}

/** Where a protocol is. */
export const PROTOCOL_STATES = ["draft", "in-progress", "ready", "signed", "counter-signed", "closed"] as const;
/** One of them. */
export type ProtocolState = typeof PROTOCOL_STATES[number];

/** What can be done with a protocol. */
export type ProtocolAct = "close" | "counter-sign" | "drop" | "enter" | "reopen" | "sign";

/** What is known when somebody wants to do something with a protocol. */
export interface ProtocolFacts {
  readonly state: ProtocolState;
  readonly open: readonly StepStanding[];
  readonly person: string;
  /** Who signed for the installer. */
  readonly installer?: string | undefined;
  /** A second factor was proven just now. */
  readonly isProven: boolean;
  /** What keeps its controllers from being handed over, by the line of the maker's guide. */
  readonly faults: readonly { readonly rule: string; readonly why: string; readonly hint: string }[];
}
