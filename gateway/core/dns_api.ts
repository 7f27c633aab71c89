/** Questions of one client that were refused since the last report. */
export interface DeniedQuestions {
  /** IP address they came from. */
  readonly source: string;
  /** The station whose address that is; absent: none of the inventory. */
  readonly station?: string;
  /** Lower case; "(any)" when it was the number of questions and not the name. */
  readonly name: string;
  readonly type: string;
  readonly rule: string;
  readonly reason: string;
  readonly count: number;
  /** Wall milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** It was only recorded, and looked up (mode observe). */
  readonly observed?: true;
}

/** What is known of a station to rules about names. */
export interface DnsStation {
  readonly address: string;
  readonly station: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly unit?: string;
}

/** The last name that one client asked for. */
export interface AskedName {
  readonly name: string;
  readonly type: string;
  /** How it was answered: "cached", "refused", "looked-up", ... */
  readonly outcome: string;
  /** Wall milliseconds. */
  readonly at: number;
}

/** How the DNS Worker does. */
export interface DnsState {
  readonly upstreams: readonly {
    readonly id: string;
    readonly kind: string;
    readonly state: "away" | "ok" | "unused";
  }[];
  readonly cache: { readonly entries: number; readonly bytes: number };
  /** Questions since its start, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly mode: "enforce" | "observe";
}

/** What the DNS Worker asks of control. */
export interface DnsControlApi {
  /** Stored, and audited where new, when the answer arrives. */
  "dns.denied": (args: { readonly denied: readonly DeniedQuestions[] }) => void;
  /** The stations by address: those of site.yaml and those adopted by command. */
  "dns.stations": (args: Record<never, never>) => { readonly stations: readonly DnsStation[] };
}

/** What control asks of the DNS Worker. */
export interface DnsWorkerApi {
  "dns.state": (args: Record<never, never>) => DnsState;
  /** What a client asked for last, since this Worker started. */
  "dns.asked": (args: { readonly source: string }) => { readonly asked?: AskedName };
  /** Forgets all kept answers. */
  "dns.flush": (args: Record<never, never>) => { readonly forgotten: number };
}
