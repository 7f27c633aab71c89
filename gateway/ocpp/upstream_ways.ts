import type { UpstreamRoute } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { UpstreamChoice, UpstreamChoiceName } from "../core/upstream_api.ts";
import type { OcppVersion } from "./codec.ts";
import { DialError, type DialRequest, type UpstreamLeg } from "./upstream.ts";
import type { Admitted } from "./upgrade.ts";

/** What dialling in several ways works with. */
export interface WaysTools {
  readonly dial: (request: Omit<DialRequest, "deflate">) => Promise<UpstreamLeg>;
  /** Tells control which way the CSMS took, and which ones it refused before that. */
  readonly proved: (choice: UpstreamChoiceName, refused: readonly UpstreamChoiceName[]) => void;
}

/**
 * The ways in which the gateway may show itself at the CSMS for one admitted station: a credential that the CSMS set is
 * tried first, the one before stays until the new one was taken once (decision 0063).
 */
export class UpstreamWays {
  readonly #tools: WaysTools;
  readonly #stationId: string;
  /** What the station itself showed: control knows it only while the station is being admitted. */
  readonly #own: UpstreamRoute | undefined;
  #choices: readonly UpstreamChoice[];

  constructor(tools: WaysTools, admission: Pick<Admitted, "stationId" | "upstream" | "upstreamChoices">) {
    this.#tools = tools;
    this.#stationId = admission.stationId;
    this.#choices = admission.upstreamChoices ?? [{ choice: "configured", route: admission.upstream }];
    this.#own = this.#choices.find(({ choice }) => choice === "configured")?.route;
  }

  /** Other ways from now on: the CSMS set a credential. */
  take(choices: readonly UpstreamChoice[]): void {
    const basic = this.#own?.basic;
    this.#choices = choices.map(({ choice, route }) => {
      const isBare = route.basic === undefined && route.clientCertificate === undefined;
      return { choice, route: isBare && basic ? { ...route, basic } : route };
    });
  }

  /**
   * Dials the ways one after the other, on to the next only when the CSMS is there and refuses the credential.
   * @throws DialError of the last one tried
   */
  async dial(protocols: readonly OcppVersion[]): Promise<UpstreamLeg> {
    const refused: UpstreamChoiceName[] = [];
    const choices = this.#choices;
    for (const [index, { choice, route }] of choices.entries()) {
      try {
        const leg = await this.#tools.dial({ route, stationId: this.#stationId, protocols });
        this.#settle(choice, refused);
        return leg;
      } catch (error) {
        if (index === choices.length - 1 || !refusesCredential(error)) throw error;
        refused.push(choice);
      }
    }
    throw new DialError("There is no way to the CSMS", undefined, undefined, undefined); // a list is never empty
  }

  #settle(choice: UpstreamChoiceName, refused: readonly UpstreamChoiceName[]): void {
    if (choice !== "new" && choice !== "new-as-text" && refused.length === 0) return;
    this.#choices = this.#choices.filter((one) => !refused.includes(one.choice));
    this.#tools.proved(choice, refused);
  }
}

/** Faults of the way: nothing is known of what the CSMS thinks of the credential. */
const UNREACHED =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)\b|timed out|Name does not resolve|os error 11[0-3]\b/i;

const REFUSING_ALERT = /alert:? ?(AccessDenied|BadCertificate|Certificate\w+|UnknownCA|UnsupportedCertificate)/i;

/** Whether a failed dial means that the CSMS is there and does not accept what was shown. */
export function refusesCredential(error: unknown): boolean {
  if (!(error instanceof DialError)) return false;
  if (error.status !== undefined) return error.status === 401 || error.status === 403;
  // An alert is the peer's: it does not want our certificate, or it wants one (RFC 8446 section 6.2).
  if (REFUSING_ALERT.test(error.message)) return true;
  if (error.securityEvent !== undefined) return false;
  const code = (error.cause as { readonly code?: string } | undefined)?.code ?? "";
  return !UNREACHED.test(`${code} ${describeError(error)}`);
}
