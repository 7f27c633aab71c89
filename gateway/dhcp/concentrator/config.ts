import { z } from "zod";
import {
  FilePath,
  HostName,
  InterfaceAddress,
  IpAddress,
  ListenAddress,
  NameId,
  PemPair,
} from "../../config/values.ts";
import { DHCP_LIMITS } from "../limits.ts";

/** concentrator.yaml: the far side of the tunnels, in front of one DHCP server. */
export const ConcentratorConfig = z.strictObject({
  version: z.literal(1),
  listen: ListenAddress.describe("Where gateways connect (TLS 1.3, both certificates)"),
  certificate: PemPair.describe("The concentrator's certificate"),
  names: z.array(z.union([HostName, IpAddress])).min(1).describe("Names in it, the first one is the usual one"),
  clientCaFile: FilePath.describe("PEM file: CAs of the gateways' certificates"),
  server: IpAddress.describe("The DHCP server, any that knows link selection (RFC 3527); it listens on port 67"),
  address: IpAddress.describe("This machine's IPv4 address that the server answers to"),
  port: z.int().min(1).max(65_535).default(67).describe("UDP port for the server's answers; other than 67: RFC 8357"),
  serverPort: z.int().min(1).max(65_535).default(67).describe("UDP port of the server"),
  gateways: z.array(z.strictObject({
    name: NameId.describe("CN of the gateway's certificate; its remote id must be the same"),
    subnets: z.array(InterfaceAddress).min(1).max(16).describe("Subnets that it may ask for, as 10.20.0.0/24"),
  })).min(1).max(DHCP_LIMITS.gateways).describe("Gateways that may connect"),
});
/** concentrator.yaml. */
export type ConcentratorConfig = z.infer<typeof ConcentratorConfig>;
