import { isInRanges } from "../../policies/ipv4.ts";
import type { ControlContext } from "../control/contract.ts";
import type { Openings } from "./openings.ts";
import type { Segmenter } from "./segmenter.ts";

/** A way that the box itself takes to a port of a station, for a person and a while. */
export interface BoxWay {
  readonly stationId: string;
  readonly address: string;
  readonly port: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly by: string;
  readonly reason: string;
}

/**
 * Maintenance ports of stations are closed to the box too (EV-21). What a grant opens for its time, as an engineering tunnel, is let
 * through the firewall for that time: the same openings as those of people, with the box's own address as the source.
 */
export class MaintenanceDoor {
  readonly #context: Pick<ControlContext, "clock" | "site">;
  readonly #segmenter: Segmenter;
  readonly #openings: Openings;

  constructor(context: Pick<ControlContext, "clock" | "site">, segmenter: Segmenter, openings: Openings) {
    this.#context = context;
    this.#segmenter = segmenter;
    this.#openings = openings;
  }

  /**
   * Open in the kernel when it resolves; nothing is done where the port is no maintenance port or no rules are in force.
   * @throws GatewayError SEGMENTATION_LIMIT, HAL_UNREACHABLE, HardwareError: then the way is closed
   */
  async open({ stationId, address, port, until, by, reason }: BoxWay): Promise<void> {
    const source = this.#sourceTo(address, port);
    if (source === undefined) return;
    const standing = this.#openings.all().find((one) =>
      one.source === source && one.station === address && one.port === port
    );
    if (standing && standing.until >= until) return;
    const { confirmed, pending } = await this.#segmenter.firewall.state();
    if (confirmed === undefined && pending === undefined) return;
    const from = standing?.from ?? this.#context.clock.now();
    await this.#openings.add({ stationId, station: address, source, port, by, reason, from, until });
  }

  /** Nobody takes the way any more. */
  async close({ address, port }: Pick<BoxWay, "address" | "port">): Promise<void> {
    const source = this.#sourceTo(address, port);
    if (source !== undefined) await this.#openings.end({ source, station: address, port });
  }

  /** The box's address that its packets to the station have; undefined where no opening is needed. */
  #sourceTo(address: string, port: number): string | undefined {
    if (!this.#context.site.segmentation) return undefined;
    const { zones, maintenancePorts } = this.#segmenter.segmentation();
    if (!maintenancePorts.some(([first, last]) => port >= first && port <= last)) return undefined;
    const zone = zones.find(({ role, networks }) => role === "ot" && isInRanges(address, networks));
    return zone?.box.find((_, at) => isInRanges(address, [zone.networks[at]!]));
  }
}
