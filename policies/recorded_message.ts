import type { FieldFacts, OcppProtocol, OcppRuleFacts, OcppSide } from "./ocpp_rule.ts";

/** One kind of message as often as a station had it: enough to judge it again, and nothing else of it. */
export interface RecordedMessage {
  readonly from: OcppSide;
  /** Without "-Signed". */
  readonly action: string;
  /** Absent: it has no fields that rules look at. */
  readonly fields?: FieldFacts;
  readonly count: number;
  /** The last times, wall milliseconds, oldest first. */
  readonly times: readonly number[];
}

/** What was recorded of one station while it spoke one version with one CSMS. */
export interface RecordedStation {
  readonly resource: OcppRuleFacts["resource"];
  readonly version: OcppProtocol;
  readonly messages: readonly RecordedMessage[];
  /** Messages of further kinds, beyond the limit. */
  readonly missed: number;
}
