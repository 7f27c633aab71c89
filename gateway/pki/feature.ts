import type { Site } from "../config/schema.ts";
import type { ControlContext, ControlFeature } from "../control/contract.ts";
import type { ListenerTrust, ServerIdentity } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { certCommands, revokeAll } from "./cert_commands.ts";
import { ExpiryWatch } from "./expiry_watch.ts";
import { IssuedCertificates } from "./issued_certificates.ts";
import { listenerSpecs } from "./listener_specs.ts";
import { type ListenerRoot, rootOf } from "./listener_root.ts";
import { ListenerTrusts } from "./listener_trusts.ts";
import { generateKeys, type MakeKeys, type ServerCertificateRules } from "./server_certificates.ts";
import { openIntermediate, openSiteRoot, type SiteCa } from "./site_ca.ts";
import { TrustPush } from "./trust_push.ts";

/** Leaves the start to the Workers: RSA keys and expiry can wait. */
const FIRST_SWEEP_MS = 3_000;
const SWEEP_MS = 60_000;

/** PKI in control: the site CA, the trust of every TLS listener, station certificates and their revocation. */
export interface PkiFeature extends ControlFeature {
  /** The site CA's certificate in PEM, for init, demo and backup. */
  readonly caPem: string;
  /** What vouches for the signer of papers. */
  readonly ca: Pick<SiteCa, "hasIssued" | "issueSigner">;
  /** PEM texts of what all listeners show and what they are signed by, as far as it is known here. */
  presented(): readonly string[];
  /**
   * A certificate of the site CA for a station's own request, in PEM.
   * @throws GatewayError PKI_REQUEST_REFUSED, PKI_MALFORMED
   */
  issueStation(stationId: string, csr: string, who: string): Promise<string>;
  /** The root that stations must trust to reach a listener; undefined when only a person knows it. */
  rootOf(listener: string): ListenerRoot | undefined;
  /** Revokes a certificate that was issued and never came into use: no connection is closed for it. */
  withdraw(serial: string, who: string): Promise<void>;
  /** Revokes all certificates of a station that are not revoked yet, here and on live connections; their serials. */
  revokeStation(stationId: string, more: readonly string[], who: string): Promise<readonly string[]>;
  /** The trust of one listener. @throws GatewayError PKI_NOT_FOUND */
  trustOf(listener: string): ListenerTrust;
  /** A certificate from elsewhere, already judged, for some names of a listener; undefined takes it away. */
  presentBeside(listener: string, identity: ServerIdentity | undefined): void;
  /** Renews what is due and warns of what ends; runs by itself every minute, RSA certificates come by it too. */
  sweep(): Promise<void>;
}

/**
 * Opens or makes the site CA and the server certificates, P-256 first so that listeners open at once.
 * @param makeKeys where keys of server certificates come from
 * @throws GatewayError PKI_CA_UNUSABLE, IntegrityError PKI_CERTIFICATE_UNUSABLE
 */
export async function createPkiFeature(
  context: ControlContext,
  makeKeys: MakeKeys = generateKeys,
): Promise<PkiFeature> {
  const ca = await openCa(context);
  const issued = new IssuedCertificates(context.store);
  const deniedSerials = (await issued.revoked()).map(({ serial }) => serial);
  const { store, sealer, clock, random, log } = context;
  const rules = rulesOf(context);
  const caName = caOf(context.site);
  const push = new TrustPush(context);
  const trusts = new ListenerTrusts({ ca, store, sealer, clock, random, rules, makeKeys }, {
    ...{ log, deniedSerials },
    onChanged: (spec, trust) => push.send(spec, trust),
  });
  await trusts.configure(listenerSpecs(context.site), context.files);
  const expiry = new ExpiryWatch(context, ca, issued, trusts);
  const sweep = async () => {
    await trusts.completeAll();
    await push.retry((listener) => trusts.get(listener));
    await expiry.look();
  };
  const inBackground = () => {
    sweep().catch((error) => log.error("pki.sweep.failed", { msg: describeError(error) }));
  };
  const stops = [context.timers.after(FIRST_SWEEP_MS, inBackground), context.timers.every(SWEEP_MS, inBackground)];
  const onRevoked = async (stationIds: readonly string[]) => {
    trusts.deny((await issued.revoked()).map(({ serial }) => serial));
    await push.settled();
    await push.closeStations(stationIds);
  };
  const commands = certCommands({ context, ca, issued, trusts, onRevoked });
  return {
    name: "pki",
    caPem: ca.pem,
    ca,
    trustOf: (listener) => trusts.get(listener),
    presented: () => trusts.presented(),
    issueStation: async (station, csr, who) => String((await commands["cert issue"]!({ station, csr }, who)).text),
    rootOf: (listener) => rootOf(trusts.get(listener).identities[0], [ca.certificate]),
    withdraw: async (serial, who) => {
      await issued.revoke([serial], clock.now());
      const event = "certificate.serial.revoked";
      await context.audit.record({ event, class: "security", who, target: serial, outcome: "ok" });
      trusts.deny((await issued.revoked()).map(({ serial }) => serial));
    },
    revokeStation: (stationId, more, who) => revokeAll({ context, issued, onRevoked }, stationId, more, who),
    presentBeside: (listener, identity) => trusts.presentBeside(listener, identity),
    sweep,
    handlers: { "trust.listener": ({ listener }) => trusts.get(listener) },
    commands,
    reconfigure: async (site: Site) => {
      if (caOf(site) !== caName) {
        throw new GatewayError("PKI_CA_UNUSABLE", "The site CA cannot be changed by a reload", {
          hint: "Restart the gateway: stations that trust only the CA before will refuse its certificates",
        });
      }
      await trusts.configure(listenerSpecs(site), context.files);
    },
    stop: async () => {
      for (const stop of stops) stop();
      await trusts.settled();
      await push.settled();
    },
  };
}

/** What the site CA is made of, for telling whether a reload would change it. */
function caOf({ pki: { intermediate }, site: { id } }: Site): string {
  return JSON.stringify([id, intermediate]);
}

function openCa({ site, store, sealer, random, clock, files }: ControlContext): Promise<SiteCa> {
  const { intermediate, organization } = site.pki;
  const now = clock.now();
  if (!intermediate) return openSiteRoot({ store, sealer, random, now, siteId: site.site.id, organization });
  const { certFile, keyFile } = intermediate;
  return Promise.resolve(openIntermediate(files.text(certFile), files.text(keyFile), random, now));
}

/** As site.yaml is now: a reload may change them. */
function rulesOf(context: ControlContext): ServerCertificateRules {
  return {
    get validHours() {
      return context.site.pki.serverCertificateHours;
    },
    get backdateHours() {
      return context.site.pki.backdateHours;
    },
  };
}
