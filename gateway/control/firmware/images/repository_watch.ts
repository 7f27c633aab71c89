import type { ControlContext } from "../../contract.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import type { OfferedImage } from "../../../core/firmware_api.ts";
import type { Vault } from "./vault.ts";

const HOUR_MS = 3_600_000;
/** Milliseconds after a failure before the next try. */
const RETRY_MS = HOUR_MS;

/** How a repository did when it was last read. */
export interface RepositoryState {
  readonly id: string;
  /** Wall milliseconds. */
  readonly readAt?: number;
  readonly offers?: number;
  /** Offers that are not in the vault. */
  readonly news?: number;
  readonly fault?: string;
}

/** Reads the repositories of the site when it is time, and says when one is away or does not prove itself. */
export class RepositoryWatch {
  readonly #states = new Map<string, RepositoryState>();
  readonly #dueAt = new Map<string, number>();

  constructor(
    private readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log" | "site">,
    private readonly vault: Pick<Vault, "call" | "image">,
  ) {}

  /** As they were last seen, in the order of site.yaml. */
  states(): readonly RepositoryState[] {
    return this.#sources().map(({ id }) => this.#states.get(id) ?? { id });
  }

  /** Reads those that are due. */
  async tick(): Promise<void> {
    for (const { id } of this.#sources()) {
      if ((this.#dueAt.get(id) ?? 0) > this.context.clock.monotonic()) continue;
      await this.read(id, "gateway").catch((error) =>
        this.context.log.warn("firmware.source.failed", { source: id, msg: describeError(error) })
      );
    }
  }

  /** Reads one now. @throws GatewayError FIRMWARE_UNKNOWN, FIRMWARE_UNTRUSTED, FIRMWARE_FETCH_FAILED */
  async read(id: string, who: string): Promise<readonly OfferedImage[]> {
    const source = this.#sources().find((one) => one.id === id);
    if (!source) {
      const names = this.#sources().map((one) => one.id).join(", ") || "none";
      throw new GatewayError(
        "FIRMWARE_UNKNOWN",
        `No repository "${id.slice(0, 64)}" stands under firmware.sources: there is ${names}`,
      );
    }
    const { alarms, audit, clock } = this.context;
    const now = clock.now();
    this.#dueAt.set(id, clock.monotonic() + RETRY_MS);
    try {
      const { offers } = await this.vault.call("firmware.offers", { source: { tuf: id } });
      this.#dueAt.set(id, clock.monotonic() + source.everyHours * HOUR_MS);
      const news = offers.filter(({ sha256 }) => !this.vault.image(sha256)).length;
      this.#states.set(id, { id, readAt: now, offers: offers.length, news });
      await alarms.clear("firmware.source.away", id);
      await alarms.clear("firmware.source.untrusted", id);
      await audit.record({
        ...{ event: "firmware.source.read", class: "security", who, target: id, outcome: "ok" },
        detail: { offers: offers.length, news },
      });
      return offers;
    } catch (error) {
      const fault = describeError(error);
      this.#dueAt.set(id, clock.monotonic() + RETRY_MS); // a look that began before may have ended well meanwhile
      this.#states.set(id, { ...this.#states.get(id), id, fault });
      const isUntrusted = (error as { code?: string }).code === "FIRMWARE_UNTRUSTED";
      if (isUntrusted) {
        await alarms.raise({ kind: "firmware.source.untrusted", subject: id, detail: fault.slice(0, 300) });
      } else await alarms.raise({ kind: "firmware.source.away", subject: id, detail: fault.slice(0, 300) });
      await audit.record({
        ...{ event: "firmware.source.read", class: "security", who, target: id },
        outcome: isUntrusted ? "refused" : "failed",
        detail: { why: fault.slice(0, 300) },
      });
      throw error;
    }
  }

  #sources() {
    return this.context.site.firmware?.sources ?? [];
  }
}
