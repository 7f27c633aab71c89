/** Options that every device may get: what an address is of no use without. */
const BASE = [1, 3, 6, 12, 15, 26, 28, 42, 51, 53, 54, 58, 59] as const;

/** What a class of devices may be told by DHCP. Anything else is not sent, whoever asks for it. */
export interface DhcpClass {
  readonly name: string;
  /** Option codes. */
  readonly options: readonly number[];
  readonly why: string;
}

/**
 * Classes by vendor as written in site.yaml. No station is known that takes the URL of its CSMS from DHCP; 43, 60, 66, 67
 * and 125 are there for those whose installer says so, and do nothing unless site.yaml gives them a value.
 */
export const DHCP_CLASSES: readonly DhcpClass[] = [
  {
    name: "bender",
    options: [...BASE, 43, 125],
    why: "CC612/CC613/ICC: udhcpc; vendor options only as the installer configures them",
  },
  {
    name: "schneider",
    options: [...BASE, 43, 66, 67, 125],
    why: "EVlink Pro DC: cabinet and dispenser; provisioning servers where the operator has them",
  },
];

/** For stations of other vendors, and for reserved devices that are no stations. */
export const OTHER_DEVICES: DhcpClass = {
  name: "other",
  options: [...BASE, 43, 60, 66, 67, 125],
  why: "known to the admin",
};

/** For devices that nobody knows: an address and nothing that leads anywhere. */
export const QUARANTINED: DhcpClass = { name: "quarantine", options: [1, 28, 51, 53, 54, 58, 59], why: "unknown" };

/** The class of a vendor. */
export function dhcpClassOf(vendor: string | undefined): DhcpClass {
  return DHCP_CLASSES.find(({ name }) => name === vendor?.toLowerCase()) ?? OTHER_DEVICES;
}
