/** What Workers tell control of running transactions and of stations that came to another CSMS. */
export interface MigrationControlApi {
  /**
   * The transactions of a station that run, by connector (OCPP 1.6) or id (2.x). `booted`: it has just booted, so that
   * nothing is missing from the list.
   */
  "transactions.changed": (
    args: { readonly stationId: string; readonly open: readonly string[]; readonly booted?: true },
  ) => void;
  /** What the new CSMS made of a station that was moved to it. */
  "migration.judged": (
    args: { readonly session: string; readonly verdict: "accepted" | "refused"; readonly why: string },
  ) => void;
}

/** What control asks Workers about stations that move. */
export interface MigrationWorkerApi {
  /** The running transactions of all stations with a live session. */
  "transactions.live": (
    args: Record<never, never>,
  ) => readonly { readonly stationId: string; readonly open: readonly string[] }[];
  /**
   * Ends those sessions in which nothing runs: no transaction, no CALL without its answer. The station connects again
   * and is then admitted to wherever it belongs.
   */
  "sessions.release": (
    args: { readonly sessions: readonly string[]; readonly why: string },
  ) => { readonly released: readonly string[] };
}
