/** Option codes of RFC 2132 and its successors that this conduit reads or writes. */
export const OPTION = {
  subnetMask: 1,
  router: 3,
  dns: 6,
  hostname: 12,
  domain: 15,
  mtu: 26,
  broadcast: 28,
  ntp: 42,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseSeconds: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxSize: 57,
  renewalSeconds: 58,
  rebindingSeconds: 59,
  vendorClass: 60,
  clientId: 61,
  tftpServer: 66,
  bootFile: 67,
  relayInfo: 82,
  subnetSelection: 118,
  vendorInformation: 125,
} as const;

/** Message types (RFC 2132 section 9.6). */
export const MESSAGE_TYPES = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
/** A message type in words. */
export type MessageType = keyof typeof MESSAGE_TYPES;

const NAMES = new Map<number, MessageType>(
  Object.entries(MESSAGE_TYPES).map(([name, code]) => [code, name as MessageType]),
);

/** The name of a message type's number; undefined for one that has nothing to do with leases. */
export function messageTypeOf(code: number | undefined): MessageType | undefined {
  return code === undefined ? undefined : NAMES.get(code);
}

/** Sub-options of option 82. */
export const RELAY = {
  /** Where the client is attached (RFC 3046). */
  circuitId: 1,
  /** Which relay agent says so (RFC 3046). */
  remoteId: 2,
  /** The subnet to choose the address from (RFC 3527). */
  linkSelection: 5,
  /** Whether the client unicast its message (RFC 5010). */
  flags: 10,
  /** What the client is to take for its server (RFC 5107). */
  serverId: 11,
  /** The relay agent does not listen on port 67 (RFC 8357). */
  sourcePort: 19,
} as const;
