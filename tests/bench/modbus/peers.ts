import { missingPeers, type Peer } from "../ocpp/peers.ts";

const PEERS: readonly Peer[] = [
  { command: "haproxy", args: ["-v"], debianPackage: "haproxy" },
  { command: "stunnel", args: ["-version"], debianPackage: "stunnel4" },
];

/** One line for each program that the bench compares with and that cannot be run here. */
export function missingModbusPeers(): Promise<string[]> {
  return missingPeers(PEERS);
}
