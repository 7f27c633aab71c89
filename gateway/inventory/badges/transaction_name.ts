/** A transaction as messages name it. */
export interface TransactionName {
  readonly stationId: string;
  readonly protocol: string;
  /** Known at once in 2.x, with the CSMS's answer in 1.6. */
  readonly transactionId?: string;
  /** Names it before it has an id: as LedgerFact.key. */
  readonly key?: string;
}

/** Station ids have no blanks. The key of 1.6 stays the name when the id comes, so that both are one. */
export const nameOf = ({ stationId, key, transactionId }: Omit<TransactionName, "protocol">): string =>
  `${stationId} ${key ?? transactionId ?? ""}`;

/** Whether two names are of one transaction: by its id, or by the key that it had before. */
export function isSameTransaction(
  one: Omit<TransactionName, "protocol">,
  other: Omit<TransactionName, "protocol">,
): boolean {
  if (one.stationId !== other.stationId) return false;
  if (one.transactionId !== undefined && other.transactionId !== undefined) {
    return one.transactionId === other.transactionId;
  }
  return one.key !== undefined && one.key === other.key;
}
