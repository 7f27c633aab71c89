import type { HaldClient } from "../../hal/client.ts";
import {
  type DeniedFlow,
  FIREWALL_PATHS,
  type FirewallPath,
  type FirewallState,
  type KernelSetting,
} from "../../hal/firewall.ts";
import { GatewayError } from "../core/errors.ts";
import type { Opening } from "../../policies/segmentation_model.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";

/** Milliseconds that nft may take for a large ruleset on a small box. */
const LOAD_DEADLINE_MS = 30_000;
/** Characters of a part: a frame between gateway and hald is 64 KiB, and JSON doubles some characters. */
const PART_CHARS = 24 * 1024;

/** The firewall behind hald, as segmentation uses it. */
export class FirewallLink {
  readonly #hald: Pick<HaldClient, "call">;

  constructor(hald: Pick<HaldClient, "call">) {
    this.#hald = hald;
  }

  state(): Promise<FirewallState> {
    return this.#hald.call("nft.state", {});
  }

  /** Dry run. @throws GatewayError SEGMENTATION_LIMIT, HardwareError */
  async check(text: string): Promise<string> {
    const digest = await this.#stage(text);
    await this.#hald.call("nft.check", { digest }, { deadlineMs: LOAD_DEADLINE_MS });
    return digest;
  }

  async apply(text: string, settings: readonly KernelSetting[], confirmSeconds: number): Promise<FirewallState> {
    const digest = await this.#stage(text);
    const how = { digest, settings, confirmSeconds };
    return await this.#hald.call("nft.apply", how, { deadlineMs: LOAD_DEADLINE_MS });
  }

  confirm(digest: string): Promise<FirewallState> {
    return this.#hald.call("nft.confirm", { digest });
  }

  undo(): Promise<FirewallState> {
    return this.#hald.call("nft.undo", {}, { deadlineMs: LOAD_DEADLINE_MS });
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    return (await this.#hald.call("nft.counters", {})).packets;
  }

  async denied(): Promise<readonly (DeniedFlow & { readonly path: FirewallPath })[]> {
    const lists = await Promise.all(
      FIREWALL_PATHS.map(async (path) =>
        (await this.#hald.call("nft.denied", { path })).flows.map((flow) => ({ ...flow, path }))
      ),
    );
    return lists.flat();
  }

  async open(opening: Opening & { readonly seconds: number }): Promise<void> {
    await this.#hald.call("nft.open", opening);
  }

  async #stage(text: string): Promise<string> {
    if (text.length > SEGMENTATION_LIMITS.rulesetBytes) {
      throw new GatewayError(
        "SEGMENTATION_LIMIT",
        `The ruleset has ${text.length} bytes, at most ${SEGMENTATION_LIMITS.rulesetBytes} can be loaded`,
        { hint: "Name networks instead of single addresses in segmentation.flows" },
      );
    }
    for (let offset = 0; offset < text.length; offset += PART_CHARS) {
      await this.#hald.call("nft.stage", { offset, text: text.slice(offset, offset + PART_CHARS) });
    }
    return await digestOf(text);
  }
}

/** SHA-256 in lower-case hex: the name of a ruleset. */
export async function digestOf(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
