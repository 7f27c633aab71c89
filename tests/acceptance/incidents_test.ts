import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stringify } from "yaml";
import { createRecoveryKey } from "../../gateway/control/backup/recovery_key.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { type SimDevice, startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { createAuthority } from "../../gateway/demo/demo_pki.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { waitFor } from "../support/wait_for.ts";

const certificateOf = (name: string) =>
  createAuthority(name, Date.now(), systemRandom).issue({ commonName: name, usage: "server" });
const FACTORY = "yellow_zone";

/** A Bender controller behind TLS, which a reset card takes back to its factory, and a gateway in front of it. */
class ResetStory implements AsyncDisposable {
  readonly pages = new BenderPages({ passwords: { operator: "right" }, dialects: ["v1"] });
  gateway!: GatewayProcess;
  #device!: SimDevice;
  #port = 0;
  private constructor(readonly folder: string) {}

  static async up(): Promise<ResetStory> {
    const story = new ResetStory(await Deno.makeTempDir({ prefix: "bulkhead-incidents-" }));
    const certificate = certificateOf("before"), { folder } = story;
    await story.listen(certificate);
    const { console, tls, ocpp } = { ...await reservePorts() } as Record<string, number>;
    const { recipient } = await createRecoveryKey();
    await Deno.writeTextFile(`${folder}/operator`, "right\n");
    await Deno.writeTextFile(`${folder}/CP001`, "a-password-of-ocpp-with-length\n");
    await Deno.writeTextFile(`${folder}/pin.pem`, certificate.certPem);
    await Deno.writeTextFile(`${folder}/recovery.pub`, `${recipient}\n`);
    const accounts = [{ role: "operator", passwordFile: "operator" }];
    const configFile = `${folder}/site.yaml`;
    await Deno.writeTextFile(
      configFile,
      stringify({
        ...{
          version: 1,
          site: { id: "garage" },
          backup: { recoveryKeyFile: "recovery.pub", targets: [{ folder: "off" }] },
        },
        console: {
          ...{ listen: `127.0.0.1:${console}`, hostname: "localhost" },
          devicePages: { listen: `127.0.0.1:${tls}` },
        },
        ocpp: {
          listeners: [{ listen: `127.0.0.1:${ocpp ?? 0}`, tls: {} }],
          csms: [{ id: "main", url: "wss://127.0.0.1:9/ocpp" }],
        },
        stations: [{
          ...{ id: "CP001", vendor: "bender" },
          ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, passwordFile: "CP001", csms: "main" },
          ui: { url: `https://127.0.0.1:${story.#port}`, driver: "bender", pinFile: "pin.pem", accounts },
        }],
      }),
    );
    story.gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
    return story;
  }

  /** The controller listens at its port, with TLS or without. */
  async listen(certificate?: { readonly keyPem: string; readonly certPem: string }): Promise<void> {
    await this.#device?.close();
    this.#device = await startDevice(this.pages.pages, { port: this.#port, certificate });
    this.#port = Number(new URL(this.#device.origin).port);
  }

  async run<T>(command: string, args: Record<string, string | boolean> = {}): Promise<T> {
    return (await this.gateway.command(command, args)).data as T;
  }

  async step(step: string, args: Record<string, string | boolean> = {}): Promise<string> {
    const { done } = await this.run<{ done: Record<string, { state: string }> }>("incident step", {
      ...{ incident: "I-1", step },
      ...args,
    });
    return done[step]!.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway?.stop();
    await this.#device.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("BC-07, EV-23: a reset card is one incident: quarantine by a person, the way back walked, closed, all in the audit", async () => {
  await using story = await ResetStory.up();
  const { pages } = story;
  await story.run("incident look", { station: "CP001" });

  pages.accounts.change("operator", FACTORY); // the card is held to the reader
  await story.listen();
  await story.run("incident look", { station: "CP001" });
  const listed = async () =>
    (await story.run<{ incidents: { id: string; subject: string; last: string }[] }>("incident list")).incidents;
  await waitFor("the incident", async () => (await listed()).length === 1);
  deepEqual((await listed()).map(({ id, subject, last }) => [id, subject, last]), [["I-1", "CP001", "https-off"]]);

  await story.run("incident acknowledge", { incident: "I-1" });
  await story.run("incident decide", { incident: "I-1", quarantine: true, reason: "HTTPS is off, nobody knows why" });
  const [station] = await story.run<{ quarantine?: string }[]>("stations");
  equal(station!.quarantine, "HTTPS is off, nobody knows why");

  const there = { person: "B. Meier", proof: "seal 4711 whole, a card lay on the floor" };
  equal(await story.step("look", there), "done");
  equal(await story.step("https", there), "failed", "the gateway looks itself");
  const after = certificateOf("after");
  await story.listen(after);
  equal(await story.step("https", there), "done");
  await story.gateway.command("device prove", { station: "CP001", role: "operator" }).catch(() => {}); // it presents another one
  equal(await story.step("certificate", there), "failed");
  const { presented } = await story.run<{ presented: { fingerprint: string } }>("station pin show", {
    station: "CP001",
  });
  await story.run("station pin approve", { station: "CP001", fingerprint: presented.fingerprint });
  equal(await story.step("certificate", there), "done");
  await story.step("password");
  await waitFor("the new password", async () => await story.step("password") === "done", 30_000);
  ok(pages.accounts.try("operator", (real) => real === FACTORY) !== "in", "the factory's opens nothing any more");
  equal(await story.step("settings", there), "done");
  equal(await story.step("credential", there), "done");
  equal(await story.step("badges"), "failed", "it is not connected");
  equal(await story.step("badges", { skip: true, reason: "it keeps no cache" }), "done");
  equal(await story.step("posture"), "done");
  await story.run("incident close", { incident: "I-1" });
  const [back] = await story.run<{ quarantine?: string }[]>("stations");
  equal(back!.quarantine, undefined);

  const { lines } = await story.run<{ lines: string[] }>("audit tail", { lines: "300" });
  const events = lines.map((line) => JSON.parse(line)).filter(({ event }) =>
    /^incident\.|quarantine/.test(event ?? "")
  );
  match(
    events.map(({ event }) => event).join(" "),
    /look\.found .*opened .*acknowledged .*quarantine\.begun .*decided .*step\.done .*look\.found .*quarantine\.ended .*closed$/,
  );
  ok(!lines.join("").includes(FACTORY), "no secret in the audit");
});
