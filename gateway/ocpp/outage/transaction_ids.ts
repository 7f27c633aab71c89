import { STAND_IN_LIMITS } from "./limits.ts";
import { findValues, replaceSpans, type TokenPath, tokenText } from "./token_span.ts";

/** A transaction that began while the CSMS was away: the id the station was given, and the CSMS's own once it is known. */
export interface MappedTransaction {
  readonly local: number;
  readonly csms?: number;
}

/** Where OCPP 1.6 names a transaction in a CALL of the station. */
const FROM_STATION: Readonly<Record<string, readonly TokenPath[]>> = {
  MeterValues: [[3, "transactionId"]],
  StopTransaction: [[3, "transactionId"]],
};

/** Where OCPP 1.6 names one in a CALL of the CSMS. */
const FROM_CSMS: Readonly<Record<string, readonly TokenPath[]>> = {
  RemoteStartTransaction: [[3, "chargingProfile", "transactionId"]],
  RemoteStopTransaction: [[3, "transactionId"]],
  SetChargingProfile: [[3, "csChargingProfiles", "transactionId"]],
};

/**
 * The transaction ids of one OCPP 1.6 station that differ from its CSMS's. Messages are edited by replacing the number's
 * token in the bytes that came in; every other byte stays, signed meter data with it (facts: ocpp 3.2). In OCPP 2.x the
 * station makes the ids, so nothing is ever edited there.
 */
export class TransactionIds {
  readonly #csmsOf = new Map<number, number>();
  readonly #localOf = new Map<number, number>();

  constructor(known: readonly MappedTransaction[] = []) {
    this.learnAll(known);
  }

  /** Transactions whose ids differ. */
  get size(): number {
    return this.#csmsOf.size;
  }

  /** The CSMS has given its id. */
  learn(local: number, csms: number): void {
    this.#csmsOf.set(local, csms);
    this.#localOf.set(csms, local);
    if (this.#csmsOf.size <= STAND_IN_LIMITS.transactions) return;
    const [oldest, its] = this.#csmsOf.entries().next().value!;
    this.#csmsOf.delete(oldest);
    if (this.#localOf.get(its) === oldest) this.#localOf.delete(its);
  }

  /** The CSMS gave this id to a transaction that it was there for: its commands mean that one from now on. */
  given(csms: number): void {
    this.#localOf.delete(csms);
  }

  /** The same for all that have one. */
  learnAll(known: readonly MappedTransaction[]): void {
    for (const { local, csms } of known) if (csms !== undefined) this.learn(local, csms);
  }

  /** A CALL of the station as the CSMS must see it. */
  toCsms(action: string, bytes: Uint8Array): Uint8Array {
    return edit(bytes, FROM_STATION[action], this.#csmsOf);
  }

  /** A CALL of the CSMS as the station must see it. */
  toStation(action: string, bytes: Uint8Array): Uint8Array {
    return edit(bytes, FROM_CSMS[action], this.#localOf);
  }
}

function edit(
  bytes: Uint8Array,
  paths: readonly TokenPath[] | undefined,
  ids: ReadonlyMap<number, number>,
): Uint8Array {
  if (!paths || ids.size === 0) return bytes;
  let edited = bytes;
  for (const path of paths) {
    // From the last to the first, so that earlier places keep their index.
    for (const span of [...findValues(edited, path)].reverse()) {
      const token = tokenText(edited, span);
      const id = /^-?[0-9.eE+-]+$/.test(token) ? ids.get(Number(token)) : undefined; // a text is no transaction id
      if (id !== undefined) edited = replaceSpans(edited, [span], String(id));
    }
  }
  return edited;
}
