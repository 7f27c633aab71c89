import { z } from "zod";
import { isLoopback, parseCidr } from "../config/ip.ts";
import {
  FilePath,
  HostName,
  HostPort,
  IsolatedSegment,
  ListenAddress,
  listOf,
  NameId,
  PemPair,
  Text,
} from "../config/values.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** TLS of one listener: Modbus/TCP Security, always with a client certificate (MB-TCP-Security v36 R-02). */
export const ModbusTls = z.strictObject({
  clientCaFile: FilePath.optional().describe(
    "PEM file: CAs that client certificates must chain to; absent: the site CA",
  ),
  organizations: listOf(Text).optional().describe("Accepted O= of client certificates; absent: any"),
  identities: listOf(PemPair).optional().describe(
    "Own server certificates; absent: from the site CA, renewed by itself",
  ),
  names: listOf(HostName).optional().describe(
    "Host names in the site CA's server certificate, beside the listen address",
  ),
});

/** A network that may connect; "everybody" is no answer to "who". */
const Source = z.string().refine((text) => (parseCidr(text)?.bits ?? 0) >= 8, {
  error: "a network of at least 8 bits, as 192.168.5.10/32",
});

/** One listener; it has either `tls` or `plaintext` with `sources`. */
export const ModbusListener = z.strictObject({
  id: NameId.describe("Name in rules, status, audit and metrics; a plaintext client goes by it"),
  listen: ListenAddress.describe("IP address and port; 802 is Modbus/TCP Security, 502 plain Modbus"),
  tls: ModbusTls.optional().describe("Modbus/TCP Security: TLS 1.2 and 1.3, both sides with certificates"),
  plaintext: IsolatedSegment.optional().describe("Plain Modbus for clients that cannot do better; needs `sources`"),
  sources: listOf(Source).min(1).optional().describe(
    "Networks that may connect; needed for plaintext (but on loopback), possible with tls",
  ),
  connections: z.int().min(1).max(MODBUS_LIMITS.connectionsPerListener).default(64).describe(
    "Clients at a time; one more is closed at once",
  ),
  idleSeconds: z.int().min(10).max(86_400).default(3_600).describe("Seconds after which a silent client is closed"),
});
/** One listener. */
export type ModbusListener = z.infer<typeof ModbusListener>;

/** An RS-485 or RS-232 line at this box, opened by hald. */
export const SerialLine = z.strictObject({
  device: z.string().regex(/^\/dev\/[A-Za-z0-9._/-]{1,120}$/, { error: "a device, as /dev/ttyRS485" }).describe(
    "Device of the line; hald.json must list it under `serial`",
  ),
  baud: z.union([1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200].map((baud) => z.literal(baud)), {
    error: "1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200",
  }).default(9600).describe("Bits per second"),
  parity: z.enum(["none", "even", "odd"]).default("even").describe("Parity; the standard's own is even"),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1).describe("Stop bits; without parity the standard wants 2"),
  rs485: z.enum(["adapter", "kernel"]).default("adapter").describe(
    "Who turns the sender on and off: the adapter by itself, or the kernel by RTS",
  ),
  echo: z.boolean().default(false).describe("The adapter hears what it sends: the copy is dropped"),
  speed: z.enum(["kept", "ignored"]).default("kept").describe(
    "ignored: a USB device or a port in the network that takes any speed and keeps none, so that answers may come at once; " +
      "`modbus lines` shows early-answer where this is needed",
  ),
  listenSeconds: z.int().min(0).max(300).default(5).describe(
    "Seconds to listen before the first request: a line on which another client speaks is refused; 0: not",
  ),
});

/** TLS of a line: the device, or the gateway before it, speaks Modbus/TCP Security (egress wrapper). */
export const LineTls = z.strictObject({
  caFile: FilePath.describe("PEM file: CAs of the device's certificate"),
  certificate: PemPair.describe("This gateway's client certificate; its role extension is what the other side judges"),
  serverName: HostName.optional().describe("Name in the device's certificate; absent: the host of `tcp`"),
});

const Milliseconds = (min: number, max: number) => z.int().min(min).max(max);

/** One line: a serial bus or a TCP target, with one request at a time on it. */
export const ModbusLine = z.strictObject({
  id: NameId.describe("Name that units refer to"),
  serial: SerialLine.optional().describe("A serial line at this box"),
  tcp: HostPort.optional().describe("Host and port of a device or gateway that speaks Modbus/TCP"),
  framing: z.enum(["mbap", "rtu"]).default("mbap").describe(
    "With tcp: mbap is Modbus/TCP, rtu are frames of a serial line in TCP (serial device servers)",
  ),
  tls: LineTls.optional().describe("With tcp: Modbus/TCP Security towards the device"),
  responseTimeoutMs: Milliseconds(20, 60_000).default(1_000).describe("Time a device has to answer"),
  deadlineMs: Milliseconds(100, 120_000).default(5_000).describe(
    "Time from a client's request to its answer, waiting for its turn included; then it gets exception 0B",
  ),
  retries: z.int().min(0).max(MODBUS_LIMITS.readRetries).default(1).describe(
    "Times that a read without an answer is asked again; a write never is",
  ),
  requestDelayMs: Milliseconds(0, 10_000).default(0).describe("Pause between an answer and the next request"),
  broadcastDelayMs: Milliseconds(0, 10_000).default(200).describe("Pause after a broadcast (serial)"),
  connectDelayMs: Milliseconds(0, 60_000).default(0).describe("Pause between connecting and the first request"),
  reconnectDelayMs: Milliseconds(0, 600_000).default(2_000).describe(
    "Pause before a lost or refused line is opened again; it doubles up to a minute",
  ),
  idleSeconds: z.int().min(0).max(86_400).default(0).describe(
    "With tcp: closes after so long without requests; 0: never",
  ),
  ttlSeconds: z.int().min(0).max(604_800).default(0).describe("With tcp: connects anew after so long; 0: never"),
});
/** One line. */
export type ModbusLine = z.infer<typeof ModbusLine>;

/** One device as clients name it. */
export const ModbusUnit = z.strictObject({
  unit: z.int().min(0).max(255).describe("Unit id that clients use; 0 is a broadcast to the devices of its line"),
  line: NameId.describe("Line that it is on"),
  device: z.int().min(0).max(255).describe("Its address on the line: 1 to 247 on a serial one"),
  profile: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "the id of a profile, as eastron-sdm630" }).optional()
    .describe(
      "What kind of device it is; absent: no register of it is known, only rules with `unknown: true` reach it",
    ),
});
/** One device. */
export type ModbusUnit = z.infer<typeof ModbusUnit>;

/** What one client gets of a line. */
export const ModbusClient = z.strictObject({
  client: z.string().min(1).max(64).describe("Common name of its certificate, or id of its plaintext listener"),
  weight: z.int().min(1).max(16).default(1).describe("2 gets twice the line of 1 while both want it"),
});

/** The `modbus` section. */
export const ModbusConfig = z.strictObject({
  listeners: listOf(ModbusListener).min(1).describe("Where clients connect"),
  lines: listOf(ModbusLine).min(1).max(MODBUS_LIMITS.lines).describe("Serial lines and TCP targets"),
  units: listOf(ModbusUnit).min(1).describe("Devices, by the unit id that clients use"),
  clients: listOf(ModbusClient).default([]).describe("Weights of clients; absent ones have 1"),
  profiles: listOf(z.strictObject({ profileFile: FilePath.describe("YAML file with one profile") })).default([])
    .describe(
      "The site's own device profiles, beside those that come with the gateway",
    ),
  rules: FilePath.optional().describe("File with the rules of who may read and write what; absent: nobody anything"),
  workers: z.enum(["auto", "one", "separate"]).default("auto").describe(
    "auto: the lines are in the Worker of the only trust zone with TLS, or of the only zone; plaintext zones beside it, and zones with " +
      "different client CAs, have a Worker each; separate: the lines have one of their own: a request costs more processor time, but who " +
      "parses what clients send reaches no device, and a fault, or a reload that adds a line, costs no client its connection; " +
      "one: a site with several zones is refused",
  ),
  mode: z.enum(["enforce", "observe"]).default("enforce").describe(
    "observe: rules are tried out: what they would refuse is recorded and relayed",
  ),
});
/** The `modbus` section. */
export type ModbusConfig = z.infer<typeof ModbusConfig>;

/** What a listener trusts: listeners of different trust never share a Worker (TLS sessions are shared within one). */
export function trustZoneOf({ tls }: Pick<ModbusListener, "tls">): string {
  return tls ? `tls ${tls.clientCaFile ?? ""}` : "plaintext";
}

/** A plaintext listener that only this box can reach needs no list of sources. */
export function needsSources({ listen, plaintext }: Pick<ModbusListener, "listen" | "plaintext">): boolean {
  return plaintext !== undefined && !isLoopback(listen.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
}
