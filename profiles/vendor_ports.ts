/** What a port of a station is for. maintenance: shells and file transfer, open only by a person's decision and for a while (EV-21). */
export type VendorPortUse = "web" | "files" | "modbus" | "peer" | "maintenance" | "other";

/** Ports that stations of a vendor listen on, forwarded ones of a second controller included. TCP unless `udp`. */
export interface VendorPorts {
  /** Vendor as in site.yaml; "*" stands for any. */
  readonly vendor: string;
  readonly source: string;
  readonly ports: readonly {
    readonly port: number;
    readonly use: VendorPortUse;
    readonly what: string;
    readonly udp?: true;
  }[];
}

/** Data: only what a source says. Alphabetical by vendor, "*" first. */
export const VENDOR_PORTS: readonly VendorPorts[] = [
  {
    vendor: "*",
    source: "IANA service names; EVlink Pro DC guide (EV-21), advisory CVE-2021-34601",
    ports: [
      { port: 20, use: "maintenance", what: "FTP data" },
      { port: 21, use: "maintenance", what: "FTP" },
      { port: 22, use: "maintenance", what: "SSH, SFTP" },
      { port: 23, use: "maintenance", what: "telnet; on Bender SSH of the primary controller" },
      { port: 24, use: "maintenance", what: "on Bender SSH of the secondary controller" },
      { port: 69, use: "maintenance", what: "TFTP", udp: true },
      { port: 80, use: "web", what: "configuration pages" },
      { port: 443, use: "web", what: "configuration pages over HTTPS" },
      { port: 502, use: "modbus", what: "Modbus/TCP" },
    ],
  },
  {
    vendor: "bender",
    source: "vendor documentation and a firmware package before 5.29 (facts: bender section 2)",
    ports: [
      { port: 81, use: "web", what: "pages of the primary controller, on both" },
      { port: 82, use: "web", what: "pages of the secondary controller, on both" },
      { port: 444, use: "web", what: "pages of the primary controller over HTTPS, since 5.29" },
      { port: 445, use: "web", what: "pages of the secondary controller over HTTPS, since 5.29" },
      { port: 503, use: "modbus", what: "Modbus/TCP of the secondary controller" },
      { port: 1600, use: "peer", what: "binary OCPP of the secondary controller to the primary" },
      { port: 8010, use: "other", what: "info port announced by mDNS" },
      { port: 8020, use: "files", what: "firmware upload and log download" },
      { port: 8021, use: "files", what: "the same of the primary controller" },
      { port: 8022, use: "files", what: "the same of the secondary controller" },
      { port: 8090, use: "other", what: "OCPP over SOAP" },
      { port: 8883, use: "other", what: "MQTT broker of hierarchical load management; its key is in every firmware" },
      { port: 13000, use: "other", what: "ASKI" },
      { port: 13001, use: "other", what: "ASKI of the secondary controller" },
    ],
  },
];

/** The ports of one vendor with those of every vendor, in order. */
export function vendorPorts(vendor: string | undefined): VendorPorts["ports"] {
  const rows = VENDOR_PORTS.filter((row) => row.vendor === "*" || row.vendor === vendor);
  return rows.flatMap(({ ports }) => ports).toSorted((a, b) => a.port - b.port);
}

/** TCP services that stand open on embedded devices by mistake, beside those that makers name. Ascending. */
const USUAL_MISTAKES = [
  ...[21, 22, 23, 25, 53, 111, 139, 445, 1883, 2222, 2323, 5000, 5900, 8000, 8080, 8081, 8443, 8888, 9000],
];

/** TCP ports of a vendor's station that are worth a look from outside, ascending, each once. */
export function probedPorts(vendor: string | undefined): readonly number[] {
  const named = vendorPorts(vendor).flatMap(({ port, udp }) => udp ? [] : [port]);
  return [...new Set([...named, ...USUAL_MISTAKES])].sort((a, b) => a - b);
}

/**
 * Stations under load management talk on ports that no vendor names: "IP address and port of the DLM master" is a setting.
 * What is not a port of a system service is let through between listed peers, and nothing else (rivals T8).
 */
export const LOAD_MANAGEMENT_PORTS = [1024, 65535] as const;
