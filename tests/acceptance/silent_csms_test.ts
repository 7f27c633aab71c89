import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { withRehoming } from "../support/rehoming_rig.ts";
import { waitFor } from "../support/wait_for.ts";

/** A way to a CSMS that can be made to swallow everything, as a NAT that forgot its connections; new ones pass. */
class Way {
  readonly #server = createServer((near) => this.#carry(near));
  readonly #sockets = new Set<Socket>();
  #carried: { isLost: boolean }[] = [];
  opened = 0;
  /** Pieces of what the gateway said on connections that stand. */
  said = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  listen(host: string): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, host, () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  /** Connections that stand now carry nothing any more, and nobody is told. */
  forget(): void {
    for (const one of this.#carried) one.isLost = true;
    this.#carried = [];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #carry(near: Socket): void {
    this.opened++;
    const far = connect(this.target), way = { isLost: false };
    this.#carried.push(way);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      this.#sockets.add(from);
      from.on("data", (data) => {
        if (way.isLost) return;
        if (from === near) this.said++;
        to.write(data);
      });
      from.on("error", () => {});
      from.on("close", () => !way.isLost && to.destroy());
    }
  }
}

Deno.test("product: a CSMS that falls silent without a word is noticed and dialled again, by stations' legs and by the gateway's own", () =>
  withRehoming(
    async (rig) => {
      const { csms, folder, csmsUrl } = rig;
      const url = new URL(csmsUrl), way = new Way({ host: url.hostname, port: Number(url.port) });
      const port = await way.listen(url.hostname), file = `${folder}/site.yaml`;
      try {
        const text = (await Deno.readTextFile(file)).replace(csmsUrl, csmsUrl.replace(`:${url.port}`, `:${port}`));
        await Deno.writeTextFile(file, text);
        await rig.restart();
        const station = await rig.station("S16");
        await station.call("BootNotification", { chargePointVendor: "v", chargePointModel: "m" });
        await waitFor("the gateway's own boot", () => csms.of("GW-1", "BootNotification").length === 1);
        const before = way.opened;
        way.forget();
        await waitFor("both to be there anew", () => csms.of("GW-1", "BootNotification").length === 2);
        await waitFor("the station's leg", () => way.opened >= before + 2);
        const stood = way.opened;
        ok(stood <= before + 3, `dialled ${stood - before} times for two connections`);
        const said = way.said; // neither station nor CSMS has anything to say now
        await waitFor("some seconds with pings", () => way.said >= said + 6 || way.opened > stood + 1);
        equal([way.opened, station.closed], [stood, false], "the new ones are left alone");
        equal(await station.call("Heartbeat", {}), { currentTime: "2026-01-01T00:00:00.000Z" });
        equal((await rig.audited("ocpp.controller.failed")).length, 1);
      } finally {
        await rig.gateway.stop();
        await way.close();
      }
    },
    { onLoss: "store-and-forward" },
    () => ({ network: { uplink: { pingSeconds: 1 } } }),
    { localController: { id: "GW-1", protocol: "ocpp1.6", passwordFile: "upstream" } },
  ));
