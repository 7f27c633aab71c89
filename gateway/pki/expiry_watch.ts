import type { ControlContext } from "../control/contract.ts";
import type { IssuedCertificates } from "./issued_certificates.ts";
import type { ListenerTrusts } from "./listener_trusts.ts";
import type { SiteCa } from "./site_ca.ts";

const WARN_MS = 30 * 86_400_000;

/** Raises an alarm a month before a certificate ends that does not renew itself (facts O-18), and clears it after. */
export class ExpiryWatch {
  readonly #context: ControlContext;
  readonly #ca: SiteCa;
  readonly #issued: IssuedCertificates;
  readonly #trusts: ListenerTrusts;
  #raised = new Set<string>();

  constructor(context: ControlContext, ca: SiteCa, issued: IssuedCertificates, trusts: ListenerTrusts) {
    this.#context = context;
    this.#ca = ca;
    this.#issued = issued;
    this.#trusts = trusts;
  }

  async look(): Promise<void> {
    const { clock, alarms } = this.#context;
    const due = new Map<string, number>();
    for (const [subject, notAfter] of await this.#ends()) {
      if (notAfter - clock.now() < WARN_MS) due.set(subject, notAfter);
    }
    for (const [subject, notAfter] of due) {
      if (this.#raised.has(subject)) continue;
      const detail = `ends on ${new Date(notAfter).toISOString()}`;
      await alarms.raise({ kind: "certificate.expiring", subject, detail });
    }
    for (const subject of this.#raised) if (!due.has(subject)) await alarms.clear("certificate.expiring", subject);
    this.#raised = new Set(due.keys());
  }

  async #ends(): Promise<Map<string, number>> {
    const ends = new Map([["site CA", this.#ca.certificate.notAfter]]);
    for (const { listener, notAfter, isOwn } of this.#trusts.ends()) if (isOwn) ends.set(listener, notAfter);
    const revoked = new Set((await this.#issued.revoked()).map(({ serial }) => serial));
    for (const { serial, stationId, notAfter } of await this.#issued.list()) {
      // The newest of a station counts: it keeps the one before for a month.
      if (!revoked.has(serial)) ends.set(stationId, Math.max(ends.get(stationId) ?? 0, notAfter));
    }
    return ends;
  }
}
