import type { Clock } from "../core/clock.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { AttackTarget } from "./attacks.ts";
import type { DemoPorts } from "./demo_args.ts";
import { NameAsker } from "./name_asker.ts";
import { createAuthority, type Credential } from "./demo_pki.ts";
import { ownPki, siteCaPki } from "./station_pki.ts";
import { type DemoSite, writeDemoSite } from "./demo_site.ts";
import { DemoControllers } from "./controllers/demo_controllers.ts";
import { createGarage, type Garage, type GarageStation } from "./garage.ts";
import { GarageEnergy } from "./modbus/garage_energy.ts";
import { GatewayProcess, type GatewayProcessOptions } from "./gateway_process.ts";
import type { StationAccess, StationView } from "./model.ts";
import { SimulatedStation } from "./station.ts";
import { StrictCsms } from "./strict_csms.ts";

/** What a world is made with. */
export interface WorldOptions {
  /** Empty folder for site.yaml, secrets and data. */
  readonly folder: string;
  /** Address of the gateway. */
  readonly host: string;
  /** Address or name of the CSMS: another one, since no certificate of the gateway may name its CSMS. */
  readonly csmsHost: string;
  readonly ports: DemoPorts;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Decides badges, energy registers and jitter; the same seed gives the same garage. */
  readonly random: Random;
  /** For passwords and certificate serials; unpredictable. */
  readonly secrets: Random;
  readonly meterMs: number;
  readonly energySpeed: number;
  readonly graceSeconds: number;
  /** Certificates from an authority of the operator instead of the site CA. */
  readonly ownPki?: boolean;
  /** More flags of `deno run` for the gateway. */
  readonly gatewayFlags?: readonly string[];
  /** Told after every change of a station. */
  readonly onStation?: (view: StationView) => void;
  /** A loopback address per attack, where the system has more than one. */
  readonly sourceOf?: (attack: number) => string;
}

/** The simulated garage around a real gateway. Stations are switched off until somebody switches them on. */
export class World {
  #gateway: GatewayProcess;

  private constructor(
    readonly site: DemoSite,
    readonly garage: Garage,
    readonly csms: StrictCsms,
    gateway: GatewayProcess,
    readonly stations: readonly SimulatedStation[],
    readonly target: AttackTarget,
    /** Meters and their energy manager, where the world has Modbus. */
    readonly energy: GarageEnergy | undefined,
    /** Controllers with pages, where the world has them. */
    readonly controllers: DemoControllers | undefined,
    /** A device that looks up names, where the world has DNS. */
    readonly names: NameAsker | undefined,
    private readonly process: Pick<GatewayProcessOptions, "flags" | "timers">,
  ) {
    this.#gateway = gateway;
  }

  /**
   * Builds the world: CSMS, site, gateway process, certificates, stations.
   * @throws GatewayError DEMO_GATEWAY_FAILED
   */
  static async open(options: WorldOptions): Promise<World> {
    const { host, clock, timers, secrets } = options;
    const garage = createGarage(options.random, secrets);
    const { csms, caPem } = await openCsms(options, garage);
    const energy = options.ports.modbus === undefined ? undefined : await GarageEnergy.start(clock.now(), secrets);
    const controllers = options.ports.pages === undefined
      ? undefined
      : await DemoControllers.start(clock.now(), secrets);
    let gateway: GatewayProcess | undefined;
    try {
      const own = options.ownPki ? ownPki(host, clock, secrets) : undefined;
      const { folder, ports, graceSeconds } = options;
      const site = await writeDemoSite({
        ...{ folder, host, ports, garage, graceSeconds, csms: { url: csms.url, caPem } },
        ...(own ? { ownPki: own.files } : {}),
        ...(energy ? { energy: energy.site(`${host}:${ports.modbus}`) } : {}),
        ...(controllers ? { controllers: controllers.site } : {}),
      });
      const process = { timers, flags: options.gatewayFlags ?? [] };
      gateway = await GatewayProcess.start({ ...site, ...process });
      const pki = own ?? await siteCaPki(gateway);
      const credentials = new Map<string, Credential>();
      for (const { id } of garage.stations.filter(({ securityProfile }) => securityProfile === 3)) {
        credentials.set(id, await pki.credentialFor(id));
      }
      const stations = garage.stations.map((station) =>
        stationOf(station, accessOf(station, options, pki.caPem, credentials.get(station.id)), options)
      );
      const target = targetOf(options, garage, credentials);
      energy?.connect({ host, port: ports.modbus!, caPem: pki.caPem }, timers);
      const names = ports.dns === undefined ? undefined : new NameAsker(host, ports.dns, timers);
      return new World(site, garage, csms, gateway, stations, target, energy, controllers, names, process);
    } catch (error) {
      await gateway?.stop();
      await energy?.stop();
      await controllers?.stop();
      await csms.stop();
      throw error;
    }
  }

  get gateway(): GatewayProcess {
    return this.#gateway;
  }

  /** Starts the gateway again on the same site, after it ended. */
  async startGateway(): Promise<void> {
    this.#gateway = await GatewayProcess.start({ ...this.site, ...this.process });
  }

  /** Ends stations, gateway and CSMS, in this order; the gateway's exit code, or the signal that ended it. */
  async close(): Promise<number | string> {
    await Promise.all(this.stations.map((station) => station.powerOff()));
    await this.energy?.stop();
    this.names?.stop();
    try {
      return await this.#gateway.stop();
    } finally {
      await this.controllers?.stop();
      await this.csms.stop();
    }
  }
}

function stationOf(spec: GarageStation, access: StationAccess, options: WorldOptions): SimulatedStation {
  const { onStation } = options;
  const station: SimulatedStation = new SimulatedStation(spec, access, {
    ...options,
    ...(onStation ? { onChange: () => onStation(station.view) } : {}),
  });
  return station;
}

async function openCsms({ csmsHost, clock, secrets }: WorldOptions, garage: Garage) {
  const authority = createAuthority("Demo CSMS CA", clock.now(), secrets);
  const identity = authority.issue({ commonName: csmsHost, usage: "server", names: [csmsHost] });
  const csms = await StrictCsms.start({
    host: csmsHost,
    port: 0,
    tls: identity,
    passwords: new Map([...garage.stations, garage.attacker].map(({ id, password }) => [id, password])),
    badges: new Set(garage.stations.map(({ badge }) => badge)),
    heartbeatSeconds: 30,
    clock,
  });
  return { csms, caPem: authority.certPem };
}

function accessOf(
  { securityProfile, password }: GarageStation,
  { host, ports }: WorldOptions,
  caPem: string,
  credential: Credential | undefined,
): StationAccess {
  if (securityProfile === 1) return { endpoint: `ws://${host}:${ports.plain}/ocpp`, password };
  const endpoint = `wss://${host}:${ports.tls}/ocpp`;
  return securityProfile === 2 ? { endpoint, caPem, password } : { endpoint, caPem, ...credential };
}

function targetOf(
  { host, ports, clock, timers, secrets, sourceOf }: WorldOptions,
  { stations, attacker }: Garage,
  credentials: ReadonlyMap<string, Credential>,
): AttackTarget {
  const [victim, other] = stations.filter(({ securityProfile }) => securityProfile === 3);
  const forger = createAuthority("Forger", clock.now(), secrets);
  return {
    host,
    tlsPort: ports.tls,
    plainPort: ports.plain,
    passwordStation: stations.find(({ securityProfile }) => securityProfile === 2)!.id,
    certificateStation: victim!.id,
    owned: { id: attacker.id, password: attacker.password },
    ownedCertificate: { id: other!.id, ...credentials.get(other!.id)! },
    version1: forger.issue({ commonName: victim!.id, usage: "client", version: 1 }),
    timers,
    ...(sourceOf ? { sourceOf } : {}),
  };
}
