/** What an OCPP Worker tells control about transactions, for the energy ledger. Plain JSON values. */

/** Energy that a station read at one moment. */
export interface EnergyReading {
  /** As the station wrote it. */
  readonly time?: string;
  readonly wh: number;
}

/** A signed meter value (OCMF, EDL, ...) exactly as the station sent it. */
export interface SignedReading {
  readonly time?: string;
  /** Transaction.Begin, Transaction.End, Sample.Periodic, ... */
  readonly context?: string;
  readonly value: string;
}

/** One thing that happened to a transaction. */
export interface LedgerFact {
  /** "ack" is the answer of the CSMS to what `of` names. */
  readonly kind: "begin" | "sample" | "end" | "ack";
  readonly stationId: string;
  /** Subprotocol: ocpp1.6, ocpp2.0.1, ocpp2.1. */
  readonly protocol: string;
  /** Wall milliseconds of the gateway. */
  readonly at: number;
  /** Names the transaction before it has an id: connector and begin (1.6). */
  readonly key?: string;
  /** As the station and its CSMS name it; a number in 1.6. */
  readonly transactionId?: string;
  readonly evse?: number;
  readonly connector?: number;
  /** Badge as sent; control keeps only its pseudonym. */
  readonly badge?: string;
  /** 2.x: what the badge is, as ISO14443 or Central. */
  readonly badgeType?: string;
  /** The station's own time of a begin or end. */
  readonly time?: string;
  readonly readings?: readonly EnergyReading[];
  readonly signed?: readonly SignedReading[];
  /** Signed values that were too long or too many to be handed on. */
  readonly signedLost?: number;
  readonly reason?: string;
  /** 2.x: numbers the events of a transaction without gaps; of the first where a fact stands for several messages. */
  readonly seqNo?: number;
  /**
   * Messages that a sample, or the answer to one, stands for; absent: one. Their numbers follow one another; of an answer
   * `readings` is the highest, `at` is that of the last.
   */
  readonly messages?: number;
  readonly of?: "begin" | "sample" | "end";
  /** "kept": the gateway answered while the CSMS was away (store-and-forward). */
  readonly outcome?: "accepted" | "error" | "kept";
  /** Status of the badge, or the error code. */
  readonly detail?: string;
}

/** What Workers may ask of control about the ledger. */
export interface LedgerApi {
  /** Takes facts in the order they happened. The answer comes when what must survive is stored. */
  "ledger.record": (args: { readonly facts: readonly LedgerFact[] }) => void;
}
