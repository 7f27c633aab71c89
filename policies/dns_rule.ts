/** Rules built into the DNS conduit. Each is an audit fact: names are API. */
export const DNS_RULES = {
  allowList: "dns.allow",
  default: "dns.default-deny",
  ownAnswer: "dns.answers",
  rebinding: "dns.rebinding",
  timeName: "dns.time",
  type: "dns.type",
} as const;

/** Who asks. */
export interface DnsPrincipal {
  /** IP address the question came from. */
  readonly source: string;
  /** The station whose address that is; absent: no station of the inventory. */
  readonly station?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly unit?: string;
}

/** One question. */
export interface DnsFacts {
  readonly principal: DnsPrincipal;
  /** Lower case without a dot at the end; bytes that no host name has are escaped as \DDD, so they fit no pattern. */
  readonly name: string;
  /** "A", "AAAA", "TYPE65". */
  readonly type: string;
}

/** One rule of a site. All conditions that are present must hold. */
export interface DnsRule {
  readonly id: string;
  readonly effect: "allow" | "deny";
  /** A sentence for the refusal and the audit trail. */
  readonly because: string;
  /** "csms.example": this name; "*.example": every name below it, not itself. Lower case. */
  readonly names: readonly string[];
  readonly stations?: readonly string[];
  readonly vendors?: readonly string[];
  /** Beginnings of model names. */
  readonly models?: readonly string[];
  readonly units?: readonly string[];
  readonly types?: readonly string[];
}

/** What a site lets its OT side ask. */
export interface DnsRuleBook {
  /** Patterns that every client may ask for. */
  readonly allow: readonly string[];
  readonly rules: readonly DnsRule[];
  /** Types that are looked up at all. */
  readonly types: readonly string[];
  /** Names that the gateway answers itself, with the addresses as text. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
  /** Names of time servers that the gateway answers with its own address. */
  readonly timeNames: readonly string[];
}
