/** A switch as it was read, as far as places are decided by it. */
export interface SeenSwitch {
  readonly id: string;
  readonly ports: readonly { readonly index: number; readonly name: string; readonly isUp?: boolean }[];
  readonly devices: readonly { readonly mac: string; readonly port: number; readonly vlan?: number }[];
  readonly neighbours: readonly { readonly port: number; readonly isBridge: boolean }[];
}

/** Where a device stands. */
export interface SwitchPlace {
  readonly switch: string;
  readonly port: string;
  readonly vlan?: number;
  /** Other devices that were learned on the same port. */
  readonly others: number;
  /** Another switch stands behind the port, and the device somewhere behind that one. */
  readonly isTrunk: boolean;
}

/**
 * The port that a MAC address is plugged into. Every switch on the way to a device has learned it, on the port towards it:
 * the own port is one without another switch behind it, and the one with the fewest devices.
 */
export function placeOf(mac: string, switches: readonly SeenSwitch[]): SwitchPlace | undefined {
  const candidates = switches.flatMap((one) => candidatesIn(one, mac));
  return candidates.sort((a, b) => Number(a.isTrunk) - Number(b.isTrunk) || a.others - b.others)[0];
}

function candidatesIn({ id, ports, devices, neighbours }: SeenSwitch, mac: string): SwitchPlace[] {
  const wanted = mac.toLowerCase();
  return devices.filter((device) => device.mac === wanted).map(({ port, vlan }) => ({
    switch: id,
    port: ports.find(({ index }) => index === port)?.name ?? String(port),
    ...vlan === undefined ? {} : { vlan },
    others: new Set(devices.filter((other) => other.port === port && other.mac !== wanted).map(({ mac }) => mac)).size,
    isTrunk: neighbours.some((neighbour) => neighbour.port === port && neighbour.isBridge),
  }));
}

/** What is known of a station's port. */
export interface StationPortFacts {
  /** There are switches to ask. */
  readonly isRead: boolean;
  /** Absent: nothing says which MAC the station has. */
  readonly mac?: string;
  /** Where it is now. */
  readonly place?: SwitchPlace;
  /** Where it was seen last, and whether that port has a link now. */
  readonly last?: { readonly switch: string; readonly port: string; readonly at: string; readonly isUp?: boolean };
  /** The VLAN of the zone its address is in, when the interface of the zone says one. */
  readonly zoneVlan?: number;
  /** Switches that cannot be read now. */
  readonly away: readonly string[];
}

/** How its port stands, and what to do. */
export interface StationPortVerdict {
  readonly state: "bad" | "not used" | "ok" | "unknown";
  readonly detail: string;
  readonly fix?: string;
}

/** Judges the place of a station in the network. */
export function judgeStationPort(facts: StationPortFacts): StationPortVerdict {
  const { isRead, mac, place, last, zoneVlan, away } = facts;
  if (!isRead) return { state: "not used", detail: "no switch is read (switches: in site.yaml)" };
  if (mac === undefined) return { state: "unknown", detail: "its MAC address is not known" };
  if (place) return judgePlace(place, zoneVlan);
  if (last?.isUp === false) {
    return {
      state: "bad",
      detail: `port ${last.port} of ${last.switch}, where it was at ${last.at}, has no link`,
      fix: `Check its power and the cable at port ${last.port} of ${last.switch}.`,
    };
  }
  const where = last ? `; it was on port ${last.port} of ${last.switch} at ${last.at}` : "";
  const blind = away.length === 0 ? "" : `; ${away.join(", ")} cannot be read`;
  return { state: "unknown", detail: `no switch has learned ${mac}${where}${blind}` };
}

function judgePlace(place: SwitchPlace, zoneVlan: number | undefined): StationPortVerdict {
  const { switch: name, port, vlan, others, isTrunk } = place;
  const company = isTrunk
    ? ", behind another switch that is not read"
    : others === 0
    ? ""
    : `, with ${others} other ${others === 1 ? "device" : "devices"} behind that port`;
  const detail = `port ${port} of ${name}${vlan === undefined ? "" : `, VLAN ${vlan}`}${company}`;
  if (vlan === undefined || zoneVlan === undefined || vlan === zoneVlan) return { state: "ok", detail };
  if (isTrunk) return { state: "unknown", detail: `${detail}; its zone is VLAN ${zoneVlan}` };
  return {
    state: "bad",
    detail: `${detail}, but its zone is VLAN ${zoneVlan}`,
    fix: `Put port ${port} of ${name} into VLAN ${zoneVlan}.`,
  };
}
