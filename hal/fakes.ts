import { HardwareError } from "../gateway/core/errors.ts";
import type { ClockSource, ClockState } from "./clock_source.ts";
import type { HardwareWatchdog } from "./hardware_watchdog.ts";
import type { HeardDevice, IsolationProbe } from "./isolation_probe.ts";
import type { LldpListener, LldpNeighbour } from "./lldp.ts";
import type { Neighbours } from "./neighbours.ts";
import type { NetworkLink, NetworkLinks } from "./network_links.ts";
import type { TimeReport, TimeService, TimeSettings } from "./time_service.ts";
import type { TamperInputs, TamperState } from "./tamper_inputs.ts";
import type { PeerCredentials, PeerIdentifier } from "./peer_credentials.ts";

/** A clock that is what a test says. */
export class FakeClockSource implements ClockSource {
  current: ClockState = { synchronised: true, leap: "none", offsetMs: 0, estimatedErrorMs: 1, maximumErrorMs: 5 };
  state = (): ClockState => this.current;
}

/** A watchdog that counts. */
export class FakeHardwareWatchdog implements HardwareWatchdog {
  readonly timeoutSeconds = 30;
  pets = 0;
  closed = false;
  pet(): void {
    this.pets++;
  }
  close(): void {
    this.closed = true;
  }
}

/** Interfaces that are what a test says. */
export class FakeNetworkLinks implements NetworkLinks {
  links: readonly NetworkLink[] = [
    { index: 1, name: "lo", mac: "00:00:00:00:00:00", mtu: 65_536, up: true, carrier: true },
    { index: 2, name: "eth0", mac: "02:00:00:00:00:01", mtu: 1_500, up: true, carrier: true },
  ];
  list = (): Promise<readonly NetworkLink[]> => Promise.resolve(this.links);
}

/** Neighbours that are what a test says, by address. */
export class FakeNeighbours implements Neighbours {
  readonly macs = new Map<string, string>();
  macOf = (address: string): Promise<string | undefined> => Promise.resolve(this.macs.get(address));
}

/** A probe that hears what a test says. */
export class FakeIsolationProbe implements IsolationProbe {
  devices: readonly HeardDevice[] = [];
  /** Interface and targets of every probe. */
  readonly asked: (readonly string[])[] = [];
  probe = (name: string, targets: readonly string[]): Promise<readonly HeardDevice[]> => {
    this.asked.push([name, ...targets]);
    return Promise.resolve(this.devices);
  };
}

/** Neighbours that are what a test says. */
export class FakeLldpListener implements LldpListener {
  heard: readonly LldpNeighbour[] = [];
  neighbours = (): readonly LldpNeighbour[] => this.heard;
  close(): void {}
}

/** Tamper inputs that are what a test says. */
export class FakeTamperInputs implements TamperInputs {
  inputs: TamperState[] = [{ name: "lid", isOpen: false, openings: 0 }];
  closed = false;
  states = (): readonly TamperState[] => this.inputs;
  close(): void {
    this.closed = true;
  }
}

/** A time service that is what a test says. */
export class FakeTimeService implements TimeService {
  applied: TimeSettings[] = [];
  current: TimeReport = { ageSeconds: 1, tracking: { stratum: 3, offsetSeconds: 0, leap: "Normal" }, sources: [] };
  isAway = false;
  apply(settings: TimeSettings): Promise<boolean> {
    this.applied.push(settings);
    return Promise.resolve(true);
  }
  report(): Promise<TimeReport> {
    return this.isAway
      ? Promise.reject(new HardwareError("HAL_TIME", "chrony says nothing"))
      : Promise.resolve(this.current);
  }
}

/** Says that every caller is the same one. */
export class FakePeerIdentifier implements PeerIdentifier {
  peer: PeerCredentials | undefined = { pid: 1, uid: 1_000, gid: 1_000 };
  identifyLatest = (): PeerCredentials | undefined => this.peer;
}
