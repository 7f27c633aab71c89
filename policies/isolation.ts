/** What is known of the isolation of a zone's stations: proven by trying, claimed by the configuration, or none. */
export type IsolationVerdict = "none" | "proven" | "switch-claimed";

/** What a probe from a station's port heard. */
export interface IsolationFacts {
  /** What site.yaml says the site has; "shared" claims nothing. */
  readonly claimed: "private-vlan" | "protected-ports" | "shared" | "vlan-per-station";
  /** Absent: nothing was tried. */
  readonly probe?: {
    /** The box answered: the port is one of this zone, and the probe works. */
    readonly boxHeard: boolean;
    /** Devices that are not the box, by ARP, multicast or IPv6. */
    readonly others: readonly string[];
  };
}

/** Says how the stations of a zone stand to each other, and why. Nothing is proven by silence alone: the box must have been heard. */
export function judgeIsolation({ claimed, probe }: IsolationFacts): {
  readonly verdict: IsolationVerdict;
  readonly why: string;
} {
  if (probe && probe.others.length > 0) {
    const some = probe.others.slice(0, 3).join(", ");
    const more = probe.others.length > 3 ? ` and ${probe.others.length - 3} more` : "";
    return { verdict: "none", why: `a station's port hears ${some}${more}` };
  }
  if (probe?.boxHeard) return { verdict: "proven", why: "a station's port hears this box and nobody else" };
  const tried = probe ? "the probe heard nobody, not even this box: is its port in this zone?" : "nothing was tried";
  if (claimed === "shared") return { verdict: "none", why: `site.yaml claims none, ${tried}` };
  return { verdict: "switch-claimed", why: `site.yaml says ${claimed}, ${tried}` };
}
