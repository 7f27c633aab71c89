/** The action that policy judges: "TransactionEvent-Signed" is TransactionEvent (OCPP 2.0.1 Part 4 section 7, LC8). */
export function plainAction(action: string): string {
  return action.endsWith("-Signed") ? action.slice(0, -"-Signed".length) : action;
}
