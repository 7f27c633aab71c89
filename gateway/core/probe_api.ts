/** What a look at a station from outside tells, as guides may ask for it. Alphabetical. */
export const PROBE_FACTS = [
  /** Days until the certificate of its page is over; negative: it is over. */
  "certificate-days-left",
  /** Version of that certificate: "v3", or "v1". */
  "certificate-version",
  /** TCP ports that answer and that neither its maker nor site.yaml names, or "none". */
  "strange-ports",
  /** Oldest TLS version that its page takes: "1.0", "1.1", "1.2", "1.3". */
  "tls-oldest",
  /** Newest TLS version that its page takes. */
  "tls-newest",
] as const;
/** One of them. */
export type ProbeFact = typeof PROBE_FACTS[number];

/** How a TCP port of a station answers. */
export type PortState =
  /** A connection stands. */
  | "open"
  /** It is refused. */
  | "closed"
  /** Nothing answers: a filter, or nobody is there. */
  | "silent"
  /** This box does not let the question out: its firewall, or the Worker's permissions. */
  | "blocked";

/** What a look at one station is to find out. */
export interface ProbeTask {
  readonly station: string;
  readonly address: string;
  readonly ports: readonly number[];
  /** The port of its page, where that is HTTPS. */
  readonly tlsPort?: number;
}

/** What a look found. */
export interface ProbeResult {
  readonly ports: readonly (readonly [port: number, state: PortState])[];
  /** Absent: it was not asked for. */
  readonly tls?: {
    /** TLS versions that it took. */
    readonly versions: readonly string[];
    /** It answered, and not as TLS does. */
    readonly isOther: boolean;
    /** Its certificate, DER in base64; absent: none could be read. */
    readonly certificate?: string;
  };
}

/** What control asks of the Worker that looks at stations. */
export interface ProbeWorkerApi {
  /** One look at a time. @throws GatewayError PROBE_REFUSED for a station or address that it does not know */
  "probe.look": (task: ProbeTask) => ProbeResult;
}

/** The name of that Worker. */
export const PROBE_WORKER = "probe";
