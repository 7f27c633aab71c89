/** The action that policy judges: "TransactionEvent-Signed" is TransactionEvent (OCPP 2.0.1 Part 4 section 7, LC8). */
export function plainAction(action: string): string {
  // Asked many times of every message, and hardly any name ends with this letter.
  if (action.charCodeAt(action.length - 1) !== LAST_OF_SIGNED) return action;
  return action.endsWith("-Signed") ? action.slice(0, -"-Signed".length) : action;
}

const LAST_OF_SIGNED = "d".charCodeAt(0);
