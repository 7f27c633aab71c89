import { atKey, entryEraser, type StationEraser } from "../../store/station_eraser.ts";

/**
 * The ledger itself is kept: it is what was billed, and names badges by pseudonyms whose keys end with the station. Signed
 * readings name who charged, so they go: the CSMS has them as the station made them.
 */
export const LEDGER_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "ledger.signed",
    holds: "signed meter values as received, sealed: they name who charged",
    prefix: "ledgerSigned",
    isOf: atKey(1),
  }),
  entryEraser({
    name: "ledger.open",
    holds: "marks of transactions that are not settled",
    prefix: "ledgerOpen",
    isOf: atKey(1),
  }),
];
