import { nullLogger } from "../gateway/core/log.ts";
import { FakeFirewall } from "./fake_firewall.ts";
import { FakeKeyStore } from "./fake_key_store.ts";
import {
  FakeClockSource,
  FakeHardwareWatchdog,
  FakeLldpListener,
  FakeNeighbours,
  FakeNetworkLinks,
  FakePeerIdentifier,
  FakeTamperInputs,
  FakeTimeService,
} from "./fakes.ts";
import { FakePacketLinks } from "./fake_packet_links.ts";
import { FakeSerialLines } from "./fake_serial_lines.ts";
import { SerialPorts } from "./serial_ports.ts";
import { HaldServer } from "./server.ts";
import { VERBS } from "./verbs/mod.ts";

/** A hald with nothing behind it, over a real unix socket: for tests and the demo. */
export interface FakeHald {
  readonly keyStore: FakeKeyStore;
  readonly clock: FakeClockSource;
  readonly watchdog: FakeHardwareWatchdog;
  readonly links: FakeNetworkLinks;
  readonly neighbours: FakeNeighbours;
  readonly lldp: FakeLldpListener;
  readonly firewall: FakeFirewall;
  readonly tamper: FakeTamperInputs;
  readonly time: FakeTimeService;
  readonly packets: FakePacketLinks;
  readonly serial: FakeSerialLines;
  readonly peer: FakePeerIdentifier;
  close(): Promise<void>;
}

/** Starts a fake hald at this path; its parts are what the returned fakes say. */
export async function startFakeHald(socketPath: string): Promise<FakeHald> {
  const parts = {
    keyStore: new FakeKeyStore(7, "tpm"),
    clock: new FakeClockSource(),
    watchdog: new FakeHardwareWatchdog(),
    links: new FakeNetworkLinks(),
    neighbours: new FakeNeighbours(),
    lldp: new FakeLldpListener(),
    firewall: new FakeFirewall(),
    tamper: new FakeTamperInputs(),
    time: new FakeTimeService(),
    packets: new FakePacketLinks(),
  };
  const serial = new FakeSerialLines();
  const peer = new FakePeerIdentifier();
  const server = await HaldServer.listen({
    socketPath,
    box: { version: "fake", verbs: VERBS.map((verb) => verb.name), ...parts, serial: new SerialPorts(serial) },
    callers: [{ uid: 1_000, may: ["read", "secret", "act"] }],
    identifier: () => peer,
    log: nullLogger,
  });
  return { ...parts, serial, peer, close: () => server.close() };
}
