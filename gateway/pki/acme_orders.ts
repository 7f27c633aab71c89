import type { CommandResult, ControlContext } from "../control/contract.ts";
import type { AcmeJws, AcmeOutcome, ServerIdentity } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { type AcmeAccount, openAccount, type SigningOrder, type SigningScope } from "./acme_account.ts";
import { ACME_CONTROL_LIMITS as LIMITS } from "./acme_limits.ts";
import { AcmeRecords } from "./acme_records.ts";
import * as schedule from "./acme_schedule.ts";
import { judgeIssued } from "./acme_verdict.ts";
import { readCertificate } from "./certificate.ts";
import { readPem } from "./pem.ts";
import type { PkiFeature } from "./feature.ts";

/** The Worker that speaks to the server. */
export const WORKER = "acme";
const LISTENER = "console";
/** The alarm's subject: the pushes to the console's Worker have one of their own. */
const SUBJECT = "console (ACME)";

/** What is asked of which server. */
interface Wish {
  readonly directoryUrl: string;
  readonly contact: string | undefined;
  readonly accountKeyFile: string | undefined;
  readonly waitMs: number;
  readonly names: readonly string[];
}

interface Run {
  readonly id: string;
  readonly account: AcmeAccount;
  readonly scope: SigningScope;
  signatures: number;
}

/** Decides when the ACME server is asked, holds the keys, signs for the Worker and judges what was issued. */
export class ConsoleOrders {
  readonly #context: ControlContext;
  readonly #pki: Pick<PkiFeature, "presentBeside">;
  readonly #records: AcmeRecords;
  #run: Run | undefined;
  #working: Promise<void> | undefined;
  #configured = "";
  #stopped = false;

  constructor(context: ControlContext, pki: Pick<PkiFeature, "presentBeside">) {
    this.#context = context;
    this.#pki = pki;
    this.#records = new AcmeRecords(context.store, context.sealer);
  }

  /** Takes site.yaml as it is now. A changed section is tried at once; the day's limit stays. */
  async configure(): Promise<void> {
    const wish = this.#wish();
    const configured = JSON.stringify([wish, this.#context.site.pki.acme]);
    const state = wish && await this.#records.state();
    if (state && this.#configured !== "" && this.#configured !== configured) {
      await this.#records.keepState({ ...state, nextAt: 0 });
    }
    this.#configured = configured;
    await this.#present();
  }

  /** A run if one is due and the Worker is there. */
  async tick(): Promise<void> {
    const wish = await this.#present();
    if (!wish || this.#stopped || this.#context.workers.of(WORKER).length === 0) return;
    const { now } = this.#context.clock;
    const state = await this.#stateOf(wish);
    const isDue = await this.#isDue(wish, state) && schedule.isPastWait(state, now()) && schedule.mayRun(state, now());
    if (isDue) await this.#start(wish);
  }

  /** `cert renew`: a run now, within the day's limit. */
  async renew(): Promise<CommandResult> {
    const wish = this.#wish();
    if (!wish) {
      throw new GatewayError("PKI_NOT_FOUND", "No certificate of this site comes from an ACME server", {
        hint: "See pki.acme in docs/configuration.md; certificates of the site CA renew themselves",
      });
    }
    const state = await this.#stateOf(wish);
    if (this.#working) throw new GatewayError("ACME_LIMITED", "A run against the ACME server is under way");
    if (!schedule.mayRun(state, this.#context.clock.now())) {
      throw new GatewayError("ACME_LIMITED", `The ACME server was asked ${LIMITS.runsPerDay} times in 24 hours`, {
        hint: "Wait: public servers lock out sites that ask too often. The last fault is in `alarms list`",
      });
    }
    this.#start(wish).catch((error) => this.#context.log.error("acme.run.failed", { msg: describeError(error) }));
    const text = `Asking ${new URL(wish.directoryUrl).host} for ${
      wish.names.join(", ")
    }; see \`cert list\` for the result`;
    return { text, data: { names: wish.names } };
  }

  /** @throws GatewayError CTL_REFUSED for an old run, too many requests, or one that no run needs */
  sign(id: string, request: SigningOrder): AcmeJws {
    const run = this.#runOf(id);
    if (++run.signatures > LIMITS.signatures) {
      throw new GatewayError("CTL_REFUSED", `An ACME run may not make more than ${LIMITS.signatures} requests`);
    }
    return run.account.sign(request, run.scope);
  }

  /** Remembers the order of the run, so that a restart goes on with it. */
  async ordered(id: string, order: string): Promise<void> {
    const { scope } = this.#runOf(id);
    const state = await this.#records.state();
    const isOwn = order.length <= LIMITS.urlChars && URL.parse(order)?.origin === new URL(scope.directoryUrl).origin;
    if (state && isOwn) await this.#records.keepState({ ...state, order });
  }

  /** What the Worker answers after this is not waited for: the order stands in the store. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#run = undefined;
    return Promise.resolve();
  }

  #runOf(id: string): Run {
    if (this.#run?.id === id) return this.#run;
    throw new GatewayError("CTL_REFUSED", "This ACME run is over");
  }

  #wish(): Wish | undefined {
    const { pki: { acme }, console } = this.#context.site;
    if (!acme || !console || console.certificate) return undefined;
    const { directoryUrl, contact, accountKeyFile, dns01 } = acme;
    const host = console.hostname.toLowerCase();
    // Device pages stand at <station>.<hostname>.
    const names = [host, `*.${host}`];
    return { directoryUrl, contact, accountKeyFile, waitMs: dns01.waitSeconds * 1_000, names };
  }

  async #stateOf({ directoryUrl, names }: Wish): Promise<schedule.AcmeState> {
    const target = [directoryUrl, ...names].join(" ");
    const state = await this.#records.state();
    if (state?.target === target) return state;
    return { ...schedule.newState(target, this.#context.random.fraction()), runs: state?.runs ?? [] };
  }

  /** Presents what is kept and still holds; the site CA's certificate stands in otherwise. */
  async #present(): Promise<Wish | undefined> {
    const wish = this.#wish();
    const kept = wish && await this.#records.certificate(wish.names);
    this.#pki.presentBeside(LISTENER, kept && this.#context.clock.now() <= leafOf(kept).notAfter ? kept : undefined);
    return wish;
  }

  async #isDue(wish: Wish, { jitter, target }: schedule.AcmeState): Promise<boolean> {
    const kept = await this.#records.certificate(wish.names);
    if (!kept || (await this.#records.state())?.target !== target) return true;
    return this.#context.clock.now() >= schedule.renewalAt(leafOf(kept), jitter);
  }

  #start(wish: Wish): Promise<void> {
    if (this.#working) return this.#working;
    return this.#working = this.#perform(wish).finally(() => {
      this.#working = undefined;
      this.#run = undefined;
    });
  }

  async #perform(wish: Wish): Promise<void> {
    const { clock, random, log } = this.#context;
    // Read here, where no other run can change it any more.
    const state = schedule.startedRun(await this.#stateOf(wish), clock.now(), random.fraction());
    await this.#records.keepState(state);
    try {
      const kept = state.order === undefined ? undefined : await this.#records.pendingKey(wish.names);
      const pending = kept ?? await this.#records.newPendingKey(wish.names);
      // An order without its key is worth nothing.
      const outcome = await this.#ask(wish, kept && state.order, pending.csr);
      if (this.#stopped) return;
      if (outcome.issued) {
        const identity = await judgeIssued(outcome.chainPem, pending, {
          now: clock.now(),
          timers: this.#context.timers,
        });
        await this.#accept(wish, identity);
      } else if (outcome.interrupted) log.info("acme.run.interrupted", { msg: outcome.why });
      else await this.#refuse(wish, outcome.why, outcome.retryAfterSeconds);
    } catch (error) {
      if (this.#stopped) return;
      await this.#refuse(wish, describeError(error));
    }
  }

  async #ask(
    { directoryUrl, contact, accountKeyFile, waitMs, names }: Wish,
    order: string | undefined,
    csr: string,
  ) {
    const { store, sealer, files, workers, random } = this.#context;
    const keyPem = accountKeyFile === undefined ? undefined : files.text(accountKeyFile);
    const account = await openAccount(store, sealer, keyPem);
    const id = random.bytes(16).toHex();
    this.#run = { id, account, scope: { directoryUrl, names, csr, contact }, signatures: 0 };
    const task = {
      ...{ run: id, names, csr, thumbprint: account.thumbprint },
      ...(contact === undefined ? {} : { contact }),
      ...(order === undefined ? {} : { order }),
    };
    const worker = workers.of(WORKER).at(-1);
    if (worker === undefined) throw new GatewayError("RPC_PEER_GONE", "The Worker for ACME is not running");
    const deadlineMs = names.length * waitMs + LIMITS.runMs;
    return await workers.get(worker).call("acme.obtain", task, { deadlineMs }) as AcmeOutcome;
  }

  async #accept({ directoryUrl }: Wish, identity: ServerIdentity): Promise<void> {
    const { clock, random, audit, alarms, log } = this.#context;
    const { serial, notAfter } = leafOf(identity);
    const state = (await this.#records.state())!;
    await this.#records.keepCertificate(identity, schedule.succeeded(state, clock.now(), random.fraction()));
    this.#pki.presentBeside(LISTENER, identity);
    const detail = { server: new URL(directoryUrl).host, serial, notAfter: new Date(notAfter).toISOString() };
    const event = "certificate.acme.issued";
    await audit.record({ event, class: "operation", who: "gateway", target: LISTENER, outcome: "ok", detail });
    await alarms.clear("certificate.renewal.failed", SUBJECT);
    log.info("acme.certificate.issued", detail);
  }

  async #refuse({ directoryUrl }: Wish, fault: string, retryAfterSeconds?: number): Promise<void> {
    const { clock, audit, alarms, log } = this.#context;
    const after = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    const state = schedule.failed((await this.#records.state())!, clock.now(), { fault, ...after });
    await this.#records.keepState(state);
    const detail = { server: new URL(directoryUrl).host, why: fault, nextAt: new Date(state.nextAt).toISOString() };
    log.warn("acme.run.failed", detail);
    const event = "certificate.acme.failed";
    await audit.record({ event, class: "operation", who: "gateway", target: LISTENER, outcome: "failed", detail });
    await alarms.raise({ kind: "certificate.renewal.failed", subject: SUBJECT, detail: fault });
  }
}

const leafOf = ({ certPem }: ServerIdentity) => readCertificate(readPem(certPem, "CERTIFICATE")[0]!);
